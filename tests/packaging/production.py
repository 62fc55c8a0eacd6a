"""What production has to be told, and what it says when it is not."""

import base64
import secrets
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from docs.site.reference import settings as settings_reference
from seamline import module
from seamline.layout import Layout
from tests.processes import REPOSITORY, environment, on_its_runtime


def secret() -> str:
    return secrets.token_hex(32)


def data_key() -> str:
    """A new key for personal data, as `openssl rand -base64 32` makes one."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def private_key() -> str:
    """A new key for tokens, as .env.example says to write it: in one line."""
    return pem(Ed25519PrivateKey.generate())


def pem(key: Ed25519PrivateKey) -> str:
    """Write a key in one line."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return text.replace("\n", r"\n")


def public_key() -> str:
    """Another, of which only the public half is known."""
    pem = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode().replace("\n", r"\n")


def settings() -> dict[str, str]:
    """All that has to be set, and no more."""
    return {
        "ENVIRONMENT": "production",
        "DATABASE_URL": "postgresql://127.0.0.1:5432/postgres",
        "ALLOWED_HOSTS": "system.example.com",
        "SECRET_KEY": secret(),
        "PERSONAL_DATA_KEYS": data_key(),
        "SERVICE_PRIVATE_KEY": private_key(),
        "JWT_PRIVATE_KEY": private_key(),
        **{
            name: secret() if setting.secret else setting.development
            for name, setting in module_settings().items()
            if setting.required
        },
        **{left.url_setting: "http://service:8000" for left in module.find_extracted(Layout()).values()},
    }


def module_settings() -> dict[str, module.Setting]:
    """The settings that the modules' manifests declare, by environment variable."""
    return {
        f"{found.name}_{setting.name}".upper(): setting
        for found in module.find(Layout()).values()
        for setting in found.settings
    }


def refusal(root: Path = REPOSITORY, **given: str) -> str:
    """What a process with these settings refuses to start with; empty when it starts.

    An empty setting counts as none, and keeps that of a developer's .env out.
    """
    done = _managed("check", root, given)
    if not done.returncode:
        return ""
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def told(**given: str) -> str:
    """The settings that Django has then, where they differ from its own."""
    return _managed("diffsettings", REPOSITORY, given).stdout


def _managed(command: str, root: Path, given: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "manage.py", command]
    return subprocess.run(
        words, cwd=root, env=environment(**on_its_runtime(root)) | given, capture_output=True, text=True
    )


def variables_read() -> set[str]:
    """Variables of the environment that the runtime reads, by the literals that its code has for them."""
    return settings_reference.reads().keys() - settings_reference.OTHERS.keys()
