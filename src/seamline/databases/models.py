"""The table that says who owns a module. It stands in every module's database."""

from django.db import models


class Ownership(models.Model):
    """Which deployable writes to a module's tables. A module that never moved has no row: settings place it."""

    module = models.CharField(max_length=60, primary_key=True)
    epoch = models.BigIntegerField()
    """Grows with each change of owner, and never falls."""
    owner = models.CharField(max_length=60)
    """The deployable's SERVICE_NAME; empty where settings place the module again."""
    address = models.CharField(max_length=500)
    """Its base URL."""
    role = models.CharField(max_length=63)
    """The database role by which it writes."""
    other_owner = models.CharField(max_length=60, db_default="")
    """While a move is not finished: who may become the owner, or was it before."""
    other_address = models.CharField(max_length=500, db_default="")
    other_role = models.CharField(max_length=63, db_default="")
    step = models.CharField(max_length=20, db_default="")
    """How far the move has come; empty where none is under way."""
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "seamline_ownership"

    def __str__(self) -> str:
        return f"{self.module} of {self.owner}"
