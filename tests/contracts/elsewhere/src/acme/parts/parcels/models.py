from django.db import models


class Parcel(models.Model):
    number = models.BigIntegerField(primary_key=True)
    sender = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.number)
