"""Where a saga may stand."""

from django.db import models


class SagaState(models.TextChoices):
    RUNNING = "running"
    COMPENSATING = "compensating"
    DONE = "done"
    COMPENSATED = "compensated"
