"""Mutation testing of `verify`: of the ways to break a module that its own tests notice, how many does it notice too?

Mutants are made by mutmut of what a module's contract reaches in its queries.py and service.py. Each that the module's
own tests kill is then served as a service, and held to the module as it is.
"""
