"""A module moves while it runs: another deployable becomes the owner of its tables.

There is one row that says who owns the module (`seamline_ownership`), which is the journal too, and one transaction
that changes it: the fence. The documentation has the whole way, in "Move".
"""
