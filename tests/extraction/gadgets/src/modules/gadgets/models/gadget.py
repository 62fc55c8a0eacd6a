from django.db import models

from modules.gadgets.models.maker import Maker


class Gadget(models.Model):
    """Something clever, with a manual."""

    id = models.UUIDField(primary_key=True)
    maker = models.ForeignKey(Maker, on_delete=models.PROTECT)
    name = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    manual = models.FileField(upload_to="gadgets/")
    weight = models.IntegerField(null=True)
    polished = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name
