"""Files that models keep: below MEDIA_ROOT, unless a field says where else."""

from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.db.models import FileField, Model

from kernel import topology


def check_models(module: str, models: Iterable[type[Model]]) -> None:
    """Raises `ImproperlyConfigured` where a module would keep files, and there is no place for them."""
    if settings.MEDIA_ROOT or not topology.current().is_here(module):
        return
    for model in models:
        for field in model._meta.get_fields():
            if isinstance(field, FileField) and field.storage is default_storage:
                kept = f"{model.__name__}.{field.name} of {module}"
                raise ImproperlyConfigured(f"set MEDIA_ROOT as well: {kept} keeps files there")
