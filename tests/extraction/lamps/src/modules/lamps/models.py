import uuid

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models


class Lamp(models.Model):
    """Something that gives light."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.TextField()
    watts = models.IntegerField()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Loan(models.Model):
    """Somebody has a lamp for a while."""

    lamp = models.ForeignKey(Lamp, models.CASCADE)
    period = DateTimeRangeField()

    def __str__(self) -> str:
        return str(self.period)
