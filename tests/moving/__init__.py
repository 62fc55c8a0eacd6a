"""A module moves to another deployable while it runs."""
