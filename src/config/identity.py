"""What this deployable is called, and who knows the way to the modules it lacks. The environment has the last word."""

SERVICE_NAME = "seam"
LICENSE = "MIT"
"""Under which others may use its API, by its SPDX identifier, such as MIT: for the API's document."""
PORT = 8000
GATEWAY_URL = ""
"""In development only."""
PEERS: dict[str, str] = {}
"""Deployables that it believes beside `<module>-service`, by name: the modules that live there, or * for a gateway."""
CALLERS: dict[str, list[str]] = {}
"""Who may call its contracts, whose manifests are not here: `{"depots": ["parcels"]}`."""
SUBSCRIBERS: dict[str, list[str]] = {}
"""Who listened to its events when it left, by event: they are heard from the first one on, before they announce it."""
