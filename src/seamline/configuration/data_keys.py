"""The keys with which personal data is encrypted where it is stored. Development has a fixed one."""

import base64
import binascii
import hashlib

import environ

from seamline.setting_errors import HIDDEN, invalid_setting

NAME = "PERSONAL_DATA_KEYS"
_SEED = "seam-development-only/personal-data"
KEY_BYTES = 32


def data_keys(env: environ.Env, development: bool, required: bool) -> tuple[bytes, ...]:
    """Read the keys, 32 bytes each in base64 with commas between, the newest first.

    There may be none where they are not `required`: then nothing is encrypted. Raises `ImproperlyConfigured`.
    """
    given = [text.strip() for text in env.str(NAME, "").split(",") if text.strip()]
    found = tuple(map(_key, given))
    if not found and development and required:
        return (_development_key(),)
    if (required and not found) or not all(found) or len({*found}) < len(found):
        expected = "keys of 32 bytes in base64, such as openssl rand -base64 32 makes, with commas between, each once"
        raise invalid_setting(NAME, HIDDEN, expected)
    if not development and _development_key() in found:
        raise invalid_setting(NAME, HIDDEN, "without development's key, which everybody knows")
    return found


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error:
        return b""
    return key if len(key) == KEY_BYTES else b""


def _development_key() -> bytes:
    return hashlib.sha256(_SEED.encode()).digest()
