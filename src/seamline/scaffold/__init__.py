"""New modules, for `manage.py startmodule`: what they are called, what is written, and how. The monolith's only."""
