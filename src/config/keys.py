"""Secrets and addresses from the environment. Development has fixed ones; production refuses to start with them."""

import hashlib
import pkgutil
import re
from collections.abc import Iterable, Mapping
from typing import Any

import environ
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.core.exceptions import ImproperlyConfigured

import contracts
from kernel.module import Module

_DEVELOPMENT = "seam-development-only"
_URL = re.compile(r"([A-Z][A-Z0-9_]*)_URL")


def secret(env: environ.Env, name: str, development: bool) -> str:
    """A secret: from the environment, or in development a fixed one. Raises `ImproperlyConfigured`."""
    value = env.str(name, "")
    if development:
        return value or f"{_DEVELOPMENT}-{name.lower()}-0123456789abcdef"
    if len(value) < 32 or value.startswith(_DEVELOPMENT):
        raise ImproperlyConfigured(f"set {name} to a secret of 32 characters or more (openssl rand -hex 32)")
    return value


def service_keys(env: environ.Env, development: bool) -> dict[str, str]:
    """Secrets that service tokens are signed with, by key id: `SERVICE_KEYS=new:<secret>,old:<secret>`.

    The first signs, all are accepted: rotate by putting a new one first everywhere, then dropping the old.
    """
    pairs = [pair.partition(":")[::2] for pair in env.list("SERVICE_KEYS", default=[])]
    if not pairs and development:
        return {"development": f"{_DEVELOPMENT}-service-key-0123456789abcdef"}
    if not pairs or any(len(key) < 32 or key.startswith(_DEVELOPMENT) for _, key in pairs):
        raise ImproperlyConfigured("set SERVICE_KEYS to key-id:secret pairs, each secret 32 characters or more")
    return dict(pairs)


def user_token_keys(env: environ.Env, development: bool) -> tuple[str | None, list[str]]:
    """The private key that signs users' tokens, where they are issued, and the public keys that check them, as PEM.

    From `JWT_PRIVATE_KEY` and `JWT_PUBLIC_KEYS` (one PEM after the other); a private key brings its public key along.
    """
    private = env.str("JWT_PRIVATE_KEY", "", multiline=True)
    public = re.findall(
        r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", env.str("JWT_PUBLIC_KEYS", "", multiline=True), re.S
    )
    if not private and not public:
        if not development:
            raise ImproperlyConfigured("set JWT_PUBLIC_KEYS (and JWT_PRIVATE_KEY where users' tokens are issued)")
        private = _development_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    if private:
        own = _public_pem(load_pem_private_key(private.encode(), password=None))
        public = [own, *(key for key in public if key != own)]
    if not development and _public_pem(_development_key()) in public:
        raise ImproperlyConfigured("JWT_PRIVATE_KEY and JWT_PUBLIC_KEYS must not hold development's key: all know it")
    return private or None, public


def module_settings(env: environ.Env, module: Module, development: bool) -> dict[str, str]:
    """The settings a module's manifest declares, from `<MODULE>_<NAME>`. Raises `ImproperlyConfigured`."""
    values = {}
    for setting in module.settings:
        name = f"{module.name}_{setting.name}".upper()
        value = env.str(name, "")
        if setting.required and not development and value in ("", setting.development):
            raise ImproperlyConfigured(f"set {name} (and not to development's value): {setting.help}")
        values[setting.name] = value or setting.development
    return values


def module_urls(environment: Mapping[str, str], here: Iterable[str]) -> dict[str, str]:
    """Where modules live that moved out: every `<MODULE>_URL` whose module is known, by its code or its contract."""
    known = {*here, *(info.name for info in pkgutil.iter_modules(contracts.__path__) if not info.ispkg)}
    found = {}
    for name, value in environment.items():
        match = _URL.fullmatch(name)
        if match and value and match[1].lower() in known:
            if not re.fullmatch(r"https?://[^/?#]+(/[^?#]*)?", value):
                raise ImproperlyConfigured(f"{name} must be a base URL such as http://127.0.0.1:8001, not {value!r}")
            found[match[1].lower()] = value.rstrip("/")
    return found


def database_server(env: environ.Env, development: bool, embedded: str) -> str:
    """URL of the PostgreSQL server; in development the embedded one where none is given."""
    url = env.str("DATABASE_URL", "")
    if not url and not development:
        raise ImproperlyConfigured("set DATABASE_URL: postgresql://user:password@host:5432/postgres")
    return url or embedded


def seconds(env: environ.Env, name: str, default: float) -> float:
    """A number of seconds, more than none. Raises `ImproperlyConfigured`."""
    value = env.str(name, "") or str(default)
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not number > 0:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, such as {default:g}, not {value!r}")
    return number


def _development_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(_DEVELOPMENT.encode()).digest())


def _public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode().strip()
