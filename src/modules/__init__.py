"""The modules, each known by its folder."""
