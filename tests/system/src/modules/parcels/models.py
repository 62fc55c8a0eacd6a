from django.db import models

from contracts.parcels import MoveState


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


class Move(models.Model):
    """A parcel's way to another depot."""

    id = models.UUIDField(primary_key=True)
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT)
    depot = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default=MoveState.UNDER_WAY)
    weight = models.PositiveIntegerField(null=True)
    refusal = models.CharField(max_length=100, default="")

    def __str__(self) -> str:
        return f"{self.parcel_id} to {self.depot}"
