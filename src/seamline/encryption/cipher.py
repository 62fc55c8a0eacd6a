"""Fernet (AES-128-CBC with HMAC-SHA256), and before each token the key that it is of: `enc:1a2b3c4d:gAAAA…`."""

import base64
import hashlib
import hmac
import re
from functools import lru_cache
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

PREFIX = "enc"
# The shortest token has 100 characters: nobody's plain text is taken for one by chance.
_ENCRYPTED = re.compile(rb"enc:([0-9a-f]{8}):(gAAAA[\w-]{90,}=*)")

_NO_KEY = ("00000000", b"none")


class CannotDecrypt(Exception):
    """A stored value is of a key that is not here, or was changed; the message says what to do."""


class Key(NamedTuple):
    """One of `PERSONAL_DATA_KEYS`, and what is made of it."""

    id: str
    """Which one it is, for anybody to read."""
    fernet: Fernet
    for_digests: bytes

    @classmethod
    def of(cls, key: bytes) -> "Key":
        """Make it of its 32 bytes."""
        named = hashlib.sha256(b"seam/key-id" + key).hexdigest()[:8]
        return cls(named, Fernet(base64.urlsafe_b64encode(key)), hmac.digest(key, b"seam/digests", "sha256"))


def keys() -> tuple[Key, ...]:
    """Return all keys, the newest first, which encrypts; none where nothing is encrypted."""
    return _keys(settings.PERSONAL_DATA_KEYS)


def encrypt(text: str) -> str:
    """Encrypt a text to be stored. It stays as it is where there is no key, or none is to be used yet, or no text."""
    return encrypt_bytes(text.encode()).decode()


def encrypt_bytes(plain: bytes) -> bytes:
    """Encrypt bytes to be stored, as `encrypt` does."""
    if not (plain and settings.PERSONAL_DATA_ENCRYPTED):
        return plain
    newest = keys()[0]
    return b"%b:%b:%b" % (PREFIX.encode(), newest.id.encode(), newest.fernet.encrypt(plain))


def decrypt(stored: str) -> str:
    """Decrypt a text. One that was stored before there were keys is returned as it is. Raises `CannotDecrypt`."""
    return decrypt_bytes(stored.encode()).decode() if stored.startswith(PREFIX) else stored


def decrypt_bytes(stored: bytes) -> bytes:
    """Decrypt bytes, as `decrypt` does."""
    found = _ENCRYPTED.fullmatch(stored)
    if found is None:
        return stored
    name, token = found.groups()
    fernet = next((key.fernet for key in keys() if key.id == name.decode()), None)
    if fernet is None:
        raise CannotDecrypt(
            f"a value is encrypted with the key {name.decode()}, which PERSONAL_DATA_KEYS lacks: add it at the end"
        )
    try:
        return fernet.decrypt(token)
    except InvalidToken:
        raise CannotDecrypt(f"a value that was encrypted with the key {name.decode()} was changed since") from None


def newest_prefix() -> str:
    """Return how each value begins that the newest key encrypted."""
    return f"{PREFIX}:{keys()[0].id}:"


def digest(text: str) -> str:
    """Digest a text, in lower case, with the newest key: to be looked up by, and to be unique."""
    return digests(text)[0]


def digests(text: str) -> list[str]:
    """Digest a text with each key, the newest first; and last as where there was no key, which hides nothing."""
    known = [*((key.id, key.for_digests) for key in keys()), _NO_KEY]
    lower = text.lower().encode()
    return [f"{name}:{hmac.digest(key, lower, 'sha256').hex()}" for name, key in known]


@lru_cache(maxsize=8)
def _keys(all_of_them: tuple[bytes, ...]) -> tuple[Key, ...]:
    return tuple(map(Key.of, all_of_them))
