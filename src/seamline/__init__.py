"""The runtime: what every deployable is made of, the monolith and each service alike.

It imports nothing here, so that reading the version costs nothing.
"""

__version__ = "0.10.0.dev0"
"""A wheel of a revision that is not released has a digest of its content behind it: `0.10.0.dev0+g4f1c8a09d2e7`."""
