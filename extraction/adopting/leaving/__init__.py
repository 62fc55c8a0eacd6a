"""Own data -> service: a module of somebody's project, with what travels along, as a deployable of its own.

travelling  which files go along: the module's, of libraries and contracts what it reaches; what stands in the way
asking      what the project's own Django has to say of the module: addresses, settings, users' ids, distributions
planning    every file of the service, from both
"""
