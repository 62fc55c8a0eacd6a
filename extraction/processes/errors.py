"""How extraction says no, whoever says it: one exception, whose message is all that there is to say."""


class Refused(Exception):
    """It cannot be done; the message says why, and what to do."""


class InvalidArgument(Refused):
    """What was given on the command line names nothing that will do: exit status 2, not 1."""
