from django.db import models


class Maker(models.Model):
    """Who makes gadgets."""

    name = models.CharField(primary_key=True, max_length=40)

    def __str__(self) -> str:
        return self.name
