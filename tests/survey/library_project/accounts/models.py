from django.contrib.auth.models import AbstractUser
from django.db import models
from shared.models import Dated  # finds: import shared


class Reader(AbstractUser):
    nickname = models.CharField(max_length=40, blank=True)


class Card(Dated):  # finds: abstract-model shared
    reader = models.OneToOneField(Reader, models.CASCADE)
    replaces = models.ForeignKey("self", models.SET_NULL, null=True)
    sponsor = models.ForeignKey("Reader", models.SET_NULL, null=True, related_name="sponsored")


def own_cards(reader):
    return reader.card, reader.sponsored.all()
