"""The documentation as a site: what Sphinx is given to build, and the reference that is made from the code."""
