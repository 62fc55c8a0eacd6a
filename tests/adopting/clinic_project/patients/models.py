from django.db import models


class Patient(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
