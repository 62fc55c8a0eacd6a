"""Notes: what happened to a parcel, in words."""

from uuid import UUID

from seamline.contract import Contract, Value, query


class Note(Value):
    """A sentence about a parcel."""

    parcel_id: UUID
    text: str


class Notes(Contract, module="notes", version=1):
    """What was noted."""

    @query
    def about(self, parcel_id: UUID) -> tuple[Note, ...]:
        """List the notes about a parcel, oldest first."""
