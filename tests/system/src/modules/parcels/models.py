from django.db import models


class Parcel(models.Model):
    """A parcel, as it was sent."""

    id = models.UUIDField(primary_key=True)
    depot = models.CharField(max_length=20)
    weight = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="parcel_newest")]

    def __str__(self) -> str:
        return f"{self.weight} g to {self.depot}"
