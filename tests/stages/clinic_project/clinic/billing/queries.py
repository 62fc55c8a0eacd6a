from django.db.models import Sum

from clinic.billing.models import Invoice


def owed(appointment: int) -> int:
    return Invoice.objects.filter(appointment_id=appointment).aggregate(all=Sum("cents"))["all"] or 0
