from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    id = models.AutoField(primary_key=True)
    ward = models.CharField(max_length=40, blank=True)
