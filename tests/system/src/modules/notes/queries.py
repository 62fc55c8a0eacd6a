from uuid import UUID

from contracts.notes import Note
from modules.notes import models


def about(parcel_id: UUID) -> tuple[Note, ...]:
    rows = models.Note.objects.filter(parcel_id=parcel_id).order_by("id")
    return tuple(Note(row.parcel_id, row.text) for row in rows)
