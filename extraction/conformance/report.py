"""What came of an examination."""

import msgspec


class ServiceAddress(msgspec.Struct):
    """Where the service that is examined is."""

    url: str
    database: str
    """Of its module."""


class Reached(msgspec.Struct):
    """One operation, or one event that the module handles, and how much of it was seen."""

    operation: str
    """Its address: `parcels/v1/send`; of an event its name."""
    kind: str
    asked: int = 0
    """Proper calls."""
    answered: int = 0
    """Those of them that were answered with a value."""
    distinct: int = 0
    """How many different values those were."""
    errors: tuple[str, ...] = ()
    """Codes of the declared errors that came up."""
    unreached: tuple[str, ...] = ()
    """Codes of those that did not."""


class Discrepancy(msgspec.Struct):
    """Something about an operation that is not as it should be. It is told once, however often it was seen."""

    operation: str
    problem: str
    asked: str = ""
    """The request that showed it."""
    module: str = ""
    """What the module answered, in the monolith."""
    service: str = ""
    """What the service answered."""


class Report(msgspec.Struct):
    """What was seen of a service."""

    requests: int = 0
    operations: list[Reached] = []
    problems: list[Discrepancy] = []
    warnings: list[Discrepancy] = []
    """Where little could be seen: operations that gave one and the same answer to whatever was asked."""
    notes: list[Discrepancy] = []
    """What the module in the monolith does in the same way, and what callers do not meet with."""
