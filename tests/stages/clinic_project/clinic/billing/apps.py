from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "clinic.billing"
    default_auto_field = "django.db.models.BigAutoField"
