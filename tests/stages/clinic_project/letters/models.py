from django.db import models


class Letter(models.Model):
    invoice = models.BigIntegerField()
    text = models.TextField()

    def __str__(self) -> str:
        return self.text
