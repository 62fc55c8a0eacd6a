"""The HTTP API's base: endpoints declared with their types, errors and access, and all that they share."""
