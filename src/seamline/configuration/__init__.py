"""Settings from the environment: read once, checked, and refused in one line."""
