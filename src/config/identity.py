"""What this deployable is called, and who knows the way to the modules it lacks. The environment has the last word."""

SERVICE_NAME = "seam"
PORT = 8000
GATEWAY_URL = ""
"""In development only."""
