from django.db import models


class Note(models.Model):
    """A sentence about a parcel, or about no one in particular."""

    parcel_id = models.UUIDField(db_index=True, null=True)
    text = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.text
