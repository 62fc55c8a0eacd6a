"""Columns that are encrypted, and columns to look those up by."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models import Q

from seamline.encryption import cipher

_LOOKUPS = ("exact", "in", "isnull")


class EncryptedField(models.Field):  # type: ignore[type-arg]  # only generic to the type checker
    """Is encrypted when it is stored, and decrypted when it is read.

    A lookup compares with what is stored, so it finds only what was stored before there were keys: use `matches`.
    """

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(_map(value, cipher.encrypt, cipher.encrypt_bytes), connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _map(value, cipher.decrypt, cipher.decrypt_bytes)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in _LOOKUPS:
            raise FieldError(f"{self.name} is encrypted and has no order or parts: nothing is found by {lookup_name}")
        return super().get_lookup(lookup_name)


class EncryptedTextField(EncryptedField, models.TextField):  # type: ignore[type-arg]  # only generic to the type checker
    """A text that is encrypted. What is looked up by it has a `DigestField` beside it."""


class EncryptedBinaryField(EncryptedField, models.BinaryField):  # type: ignore[type-arg]  # only generic to the type checker
    """Bytes that are encrypted."""


class DigestField(models.CharField):  # type: ignore[type-arg]  # only generic to the type checker
    """The keyed digest of another field in lower case, by which rows are found and are unique: `<field>_digest`.

    It is worked out whenever the row is saved, and is null where the other one is.
    """

    def __init__(self, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{"max_length": 80, "null": True, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: Any, add: bool) -> str | None:
        """Digest what the other field holds now."""
        text = getattr(model_instance, self.of)
        value = None if text is None else cipher.digest(text)
        setattr(model_instance, self.attname, value)
        return value


def matches(field: str, text: str) -> Q:
    """Find rows whose encrypted field is a text, in whatever case, by the digest beside it.

    Of rows that were stored before there was a digest, those are found whose text is in lower case.
    """
    return Q(**{f"{field}_digest__in": cipher.digests(text)}) | Q(
        **{f"{field}_digest__isnull": True, field: text.lower()}
    )


def _map(value: Any, of_text: Any, of_bytes: Any) -> Any:
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, bytes | memoryview):
        return of_bytes(bytes(value))
    return value
