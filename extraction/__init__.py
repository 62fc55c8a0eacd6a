"""Extraction: find out whether a module can leave the monolith, and write it as a service of its own.

Modules are read, never run: a module that is broken, or that belongs to another folder than this one, is analysed all
the same, and nothing it does on import can happen.
"""
