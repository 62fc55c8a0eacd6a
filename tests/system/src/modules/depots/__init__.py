"""Depots."""
