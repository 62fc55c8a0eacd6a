from datetime import timedelta

from django.utils import timezone

from modules.parcels import models
from seamline.databases import transaction
from seamline.module import setting


def forget_old() -> None:
    """Delete what was sent long ago."""
    before = timezone.now() - timedelta(days=int(setting("parcels", "KEPT_DAYS")))
    with transaction("parcels"):
        models.Parcel.objects.filter(created_at__lt=before).delete()
