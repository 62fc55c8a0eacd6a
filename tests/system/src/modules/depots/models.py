from django.db import models


class Depot(models.Model):
    """A place with room for so many parcels."""

    name = models.CharField(max_length=20, primary_key=True)
    capacity = models.PositiveIntegerField(default=0)
    announced = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Booking(models.Model):
    """A parcel's place in a depot."""

    parcel_id = models.UUIDField(primary_key=True)
    depot = models.ForeignKey(Depot, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.parcel_id} in {self.depot_id}"
