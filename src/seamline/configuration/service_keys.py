"""Who deployables are to each other: the key that this one signs with, and those of the others, with what they may say.

In development every key follows from a fixed seed and the deployable's name, so that all know each other's. Production
refuses those.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import environ
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

from seamline.configuration import values
from seamline.setting_errors import HIDDEN, invalid_setting

ANY = "*"
"""Stands for every module: whoever may speak for all of them is a gateway, which passes on what others ask."""
SHARED_KEY_MODES = ("off", "accept", "sign")
"""What is done with the secrets of `SERVICE_KEYS`, which Revisions before 0.9 sign with."""

_SEED = "seam-development-only"
_PEM = re.compile(r"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----", re.DOTALL)
_ISSUER = re.compile(r"(?P<name>[a-z][a-z0-9_-]{0,29})(=(?P<modules>\*|[a-z0-9_+]+))?(@(?P<sources>\S+))?")
_PUBLIC_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Issuer:
    """A deployable whose service tokens are accepted."""

    name: str
    modules: frozenset[str]
    """Those that it may speak for; `ANY` among them for a gateway."""
    keys: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)
    """Public keys that are known beforehand, by key id."""
    jwks: tuple[str, ...] = ()
    """Base URLs whose `/.well-known/jwks.json` has others."""

    @property
    def is_gateway(self) -> bool:
        """Tell whether it may pass on what others ask."""
        return ANY in self.modules

    def may_speak_for(self, module: str) -> bool:
        """Tell whether a module lives there."""
        return self.is_gateway or module in self.modules


def key_id(key: Ed25519PublicKey) -> str:
    """Compute a key's id: its JWK thumbprint (RFC 7638)."""
    thumb = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{public_text(key)}"}}'.encode()).digest()
    return base64.urlsafe_b64encode(thumb).rstrip(b"=").decode()


def public_text(key: Ed25519PublicKey) -> str:
    """Write a public key as a JWK's `x` has it, and as `SERVICE_PEERS` takes it."""
    return base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode()


def development_key(name: str) -> Ed25519PrivateKey:
    """Derive the key that a deployable of this name has in development. Everybody can."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{_SEED}/{name}".encode()).digest())


def is_development_key(key: Ed25519PublicKey, name: str) -> bool:
    """Tell whether a key is the one that everybody can derive from the deployable's name."""
    return key_id(key) == key_id(development_key(name).public_key())


def private_keys(env: environ.Env, name: str, development: bool) -> tuple[Ed25519PrivateKey, ...]:
    """Read the keys of this deployable, from `SERVICE_PRIVATE_KEY` or the file that `SERVICE_PRIVATE_KEY_FILE` names.

    The first signs; the public keys of all are published, so that a new one is known before it is used. There may be
    none where no other deployable is called. Raises `ImproperlyConfigured`.
    """
    setting, text = "SERVICE_PRIVATE_KEY", env.str("SERVICE_PRIVATE_KEY", "", multiline=True)
    if not text and (file := env.str("SERVICE_PRIVATE_KEY_FILE", "")):
        setting = "SERVICE_PRIVATE_KEY_FILE"
        try:
            text = Path(file).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise invalid_setting(setting, file, f"a file that can be read ({type(error).__name__})") from None
    if not text and development:
        return (development_key(name),)
    if not text:
        return ()
    found = _PEM.findall(text)
    keys = [_load(pem) for pem in found]
    if not found or _PEM.sub("", text).strip() or None in keys:
        expected = "Ed25519 keys as PEM, one after the other, such as openssl genpkey -algorithm ed25519 makes"
        raise invalid_setting(setting, HIDDEN, expected)
    good = tuple(key for key in keys if key is not None)
    if not development and any(is_development_key(key.public_key(), name) for key in good):
        raise invalid_setting(setting, HIDDEN, "without development's key, which everybody can derive from the name")
    return good


def issuers(
    env: environ.Env,
    name: str,
    own: Iterable[Ed25519PrivateKey],
    known: Mapping[str, str],
    modules: Iterable[str],
    development: bool,
) -> dict[str, Issuer]:
    """Read whose service tokens are accepted, by name: `SERVICE_PEERS=monolith=*@http://monolith:8000,ink-service@<key>`.

    A deployable believes itself. In development it believes those that are `known`, and `<module>-service` for each of
    `modules`, too; in production these say only what modules a peer speaks for that `SERVICE_PEERS` says nothing of.
    Raises `ImproperlyConfigured`.
    """
    assumed = {service_of(module): module for module in modules} | dict(known)
    found = {}
    if development:
        found = {peer: _develop(peer, _split(whole)) for peer, whole in assumed.items()}
    for text in filter(None, map(str.strip, env.list("SERVICE_PEERS", default=[]))):
        issuer = _issuer(text, assumed, development)
        found[issuer.name] = issuer
    found[name] = Issuer(name, frozenset({ANY}), {key_id(key.public_key()): key.public_key() for key in own})
    return found


def service_of(module: str) -> str:
    """Name the service that a module becomes when it is extracted."""
    return f"{module.replace('_', '-')}-service"


def callers(env: environ.Env, known: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Read who may call a contract beside those whose manifest is here: `SERVICE_CALLERS=depots=parcels+letters`."""
    found = {contract: frozenset(names) for contract, names in known.items()}
    for text in filter(None, map(str.strip, env.list("SERVICE_CALLERS", default=[]))):
        match = re.fullmatch(r"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)=([a-z0-9_]+(?:\+[a-z0-9_]+)*)", text)
        if not match:
            expected = "contract=module+module, with commas between: depots=parcels+letters"
            raise invalid_setting("SERVICE_CALLERS", text, expected)
        found[match[1]] = found.get(match[1], frozenset()) | _split(match[2])
    return found


def shared_key_mode(env: environ.Env) -> str:
    """Read what the shared secret of revisions before 0.9 is good for here. Raises `ImproperlyConfigured`."""
    return values.choice(env, "SERVICE_KEYS_MODE", "off", SHARED_KEY_MODES)


def _issuer(text: str, assumed: Mapping[str, str], development: bool) -> Issuer:
    match = _ISSUER.fullmatch(text)
    name = match["name"] if match else ""
    modules = match and (match["modules"] or assumed.get(name))
    sources = match["sources"].split("|") if match and match["sources"] else []
    keys = [_public_key(source) for source in sources if _PUBLIC_KEY.fullmatch(source)]
    urls = [source for source in sources if not _PUBLIC_KEY.fullmatch(source)]
    if not match or not modules or None in keys or not (sources or development):
        expected = (
            "name=modules@source, with commas between: modules with + between, or * for a gateway; a source is a base "
            "URL or a public key, with | between: monolith=*@http://monolith:8000,ink-service=ink@<public key>"
        )
        raise invalid_setting("SERVICE_PEERS", text, expected)
    known = {key_id(key): key for key in keys if key is not None}
    if not development and any(is_development_key(key, name) for key in known.values()):
        raise ImproperlyConfigured(f"SERVICE_PEERS has development's key for {name}, which everybody can derive")
    if development and not sources:
        return _develop(name, _split(modules))
    return Issuer(name, _split(modules), known, tuple(values.base_url("SERVICE_PEERS", url) for url in urls))


def _develop(name: str, modules: frozenset[str]) -> Issuer:
    key = development_key(name).public_key()
    return Issuer(name, modules, {key_id(key): key})


def _split(modules: str) -> frozenset[str]:
    return frozenset(modules.split("+"))


def _public_key(text: str) -> Ed25519PublicKey | None:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(f"{text}="))
    except ValueError:
        return None


def _load(pem: str) -> Ed25519PrivateKey | None:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None
