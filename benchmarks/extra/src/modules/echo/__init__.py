"""Gives back what it gets."""
