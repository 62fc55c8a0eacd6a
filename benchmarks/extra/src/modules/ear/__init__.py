"""Hears the bell."""
