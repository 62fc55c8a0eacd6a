"""Gadgets."""
