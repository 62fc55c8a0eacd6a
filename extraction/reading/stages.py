"""The stages in which a module leaves a project that was there before it. Each may last for years."""

from enum import Enum


class Stage(Enum):
    """How far a module has come."""

    MAPPED = "mapped"
    """It is in the map of modules: the ratchet watches it. It has no manifest."""
    DECLARED = "declared"
    """It has a manifest and a contract; its tables stand in the common database."""
    OWN_DATA = "own data"
    """Its tables stand in a database, or a schema with a role, of its own."""
    SERVICE = "service"
    """It left: what it was here is a manifest that says so."""

    @classmethod
    def of(cls, data: str, *, departed: bool) -> "Stage":
        """Tell the stage by a manifest's `data`: "shared", "schema" or "database"."""
        if departed:
            return cls.SERVICE
        return cls.DECLARED if data == "shared" else cls.OWN_DATA
