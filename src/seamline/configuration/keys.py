"""Secrets from the environment. Development has fixed ones; production refuses to start with them."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

import environ
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.core.exceptions import ImproperlyConfigured

from seamline.module import ExtractedModule, Module
from seamline.setting_errors import HIDDEN, invalid_setting

_DEVELOPMENT = "seam-development-only"
_PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_LEAST_SECRET = 16
"""Of a module's secret, in characters: less than of our own, because others may have made it."""
REQUIRED = ("SECRET_KEY", "SERVICE_PRIVATE_KEY", "PERSONAL_DATA_KEYS", "DATABASE_URL", "ALLOWED_HOSTS")
"""What production sets, where the system consists of modules alone; and the keys of users' tokens."""
_IN_A_FILE = {"SERVICE_PRIVATE_KEY": "SERVICE_PRIVATE_KEY_FILE"}


def refuse_incomplete(
    env: environ.Env,
    modules: Iterable[Module],
    extracted: Iterable[ExtractedModule],
    always: tuple[str, ...] = REQUIRED,
) -> None:
    """Say of production all that is missing, at once. Raises `ImproperlyConfigured`."""
    required = [
        f"{module.name}_{setting.name}".upper() for module in modules for setting in module.settings if setting.required
    ]
    required += [module.url_setting for module in extracted]
    given = {name for name, file in _IN_A_FILE.items() if env.str(file, "")}
    missing = [name for name in (*always, *required) if name not in given and not env.str(name, "")]
    if always is REQUIRED and not env.str("JWT_PRIVATE_KEY", "") and not env.str("JWT_PUBLIC_KEYS", ""):
        missing.append("JWT_PRIVATE_KEY or JWT_PUBLIC_KEYS")
    if missing:
        environment = env.str("ENVIRONMENT", "")
        needed = ", ".join(missing)
        raise ImproperlyConfigured(f"ENVIRONMENT is {environment!r}: set {needed} as well (.env.example has them all)")


def secret(env: environ.Env, name: str, development: bool) -> str:
    """Read a secret from the environment; in development there is a fixed one. Raises `ImproperlyConfigured`."""
    value: str = env.str(name, "")
    if development:
        return value or f"{_DEVELOPMENT}-{name.lower()}-0123456789abcdef"
    if len(value) < 32 or value.startswith(_DEVELOPMENT):
        raise invalid_setting(name, HIDDEN, "a secret of 32 characters or more, such as openssl rand -hex 32 makes")
    return value


def service_keys(env: environ.Env, development: bool) -> dict[str, str]:
    """Read the secrets that Revisions before 0.9 sign service tokens with, by key id: `SERVICE_KEYS=<id>:<secret>`.

    The first signs, all are accepted.
    """
    pairs = [pair.partition(":")[::2] for pair in env.list("SERVICE_KEYS", default=[])]
    if not pairs and development:
        return {"development": f"{_DEVELOPMENT}-service-key-0123456789abcdef"}
    if not pairs or any(not key_id or len(key) < 32 or key.startswith(_DEVELOPMENT) for key_id, key in pairs):
        expected = "key-id:secret pairs with commas between, each secret 32 characters or more: 2026-11:<secret>"
        raise invalid_setting("SERVICE_KEYS", HIDDEN, expected)
    return dict(pairs)


def user_token_keys(env: environ.Env, development: bool, required: bool = True) -> tuple[str | None, list[str]]:
    """Read the private key that signs users' tokens, where they are issued, and the public keys to verify them, as PEM.

    From `JWT_PRIVATE_KEY` and `JWT_PUBLIC_KEYS` (one PEM after the other); a private key brings its public key along.
    Where they are not `required`, there may be none, and no token is accepted.
    """
    private = env.str("JWT_PRIVATE_KEY", "", multiline=True)
    public = _public_keys(env.str("JWT_PUBLIC_KEYS", "", multiline=True))
    if not (private or public or required or development):
        return None, []
    if not private and not public:
        private = _development_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    if private:
        own = _public_pem(_private_key(private))
        public = [own, *(key for key in public if key != own)]
    if not development and _public_pem(_development_key()) in public:
        name = "JWT_PRIVATE_KEY" if private else "JWT_PUBLIC_KEYS"
        raise invalid_setting(name, HIDDEN, "without development's key, which everybody knows")
    return private or None, public


def module_settings(env: environ.Env, module: Module, development: bool) -> dict[str, str]:
    """Read the settings a module's manifest declares, from `<MODULE>_<NAME>`. Raises `ImproperlyConfigured`."""
    values = {}
    for setting in module.settings:
        name = f"{module.name}_{setting.name}".upper()
        value = env.str(name, "")
        if setting.required and setting.secret and not development and value == setting.development:
            raise invalid_setting(name, value, f"something else than in development. {setting.help}")
        if setting.required and setting.secret and not development and len(value) < _LEAST_SECRET:
            raise invalid_setting(name, HIDDEN, f"{_LEAST_SECRET} characters or more. {setting.help}")
        values[setting.name] = value or setting.development
    return values


def _development_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(_DEVELOPMENT.encode()).digest())


def _public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode().strip()


def _private_key(pem: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        expected = "an Ed25519 key as PEM, such as openssl genpkey -algorithm ed25519 makes"
        raise invalid_setting("JWT_PRIVATE_KEY", HIDDEN, expected)
    return key


def _public_keys(pems: str) -> list[str]:
    found = _PUBLIC_KEY.findall(pems)
    if _PUBLIC_KEY.sub("", pems).strip() or not all(map(_is_public_key, found)):
        expected = "Ed25519 keys as PEM, one after the other: -----BEGIN PUBLIC KEY-----…-----END PUBLIC KEY-----"
        raise invalid_setting("JWT_PUBLIC_KEYS", HIDDEN, expected)
    return found


def _is_public_key(pem: str) -> bool:
    try:
        return isinstance(load_pem_public_key(pem.encode()), Ed25519PublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return False
