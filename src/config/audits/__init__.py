"""What the facts of several modules have to have in common, in this deployable: the `RULES` of the files here.

They know the modules by their facts and contracts alone, and hold wherever a module lives.
"""
