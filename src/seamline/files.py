"""Files that models keep: below MEDIA_ROOT, unless a field says where else."""

from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.db.models import FileField, Model

from seamline import topology


def check_models(module: str, models: Iterable[type[Model]]) -> None:
    """Raises `ImproperlyConfigured` where a module would keep files, and there is no place for them."""
    if settings.MEDIA_ROOT or not topology.current().is_here(module):
        return
    for model in models:
        for field in model._meta.get_fields():
            if isinstance(field, FileField) and _is_below_media_root(field):
                kept = f"{model.__name__}.{field.name} of {module}"
                raise ImproperlyConfigured(f"set MEDIA_ROOT as well: {kept} keeps files there")


def _is_below_media_root(field: FileField) -> bool:
    """Whether a field's files are there: those of the default storage, and of any other that names no folder."""
    storage = field.storage
    return isinstance(storage, FileSystemStorage) and str(storage.base_location) == str(settings.MEDIA_ROOT)
