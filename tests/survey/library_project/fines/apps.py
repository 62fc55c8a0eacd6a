from django.apps import AppConfig


class FinesConfig(AppConfig):
    name = "fines"
    label = "penalties"
