"""How services find each other: by the registry that `DISCOVERY_URL` names, or by addresses in the environment."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import util
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from seamline.configuration import values
from seamline.configuration.service_keys import service_of
from seamline.setting_errors import HIDDEN, invalid_setting, without_secrets

SCHEME = "discovery://"
"""Begins the address of a module that is looked up in the registry: `PARCELS_URL=discovery://parcels-service`."""
_PORTS = {"etcd": 2379, "etcds": 2379, "consul": 8500, "consuls": 8501, "dns": 53}
_OPTIONS = {"etcd": ("ca", "cert", "key"), "consul": ("ca", "cert", "key"), "dns": ("server", "name", "scheme")}
_LIBRARIES = {"etcd": "etcd3gw", "dns": "dns"}
_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_URL = re.compile(
    r"(etcds?|consuls?|dns)://(?:(?P<login>[^@/?#\s]*)@)?(?P<hosts>[^@/?#\s]+)(?P<path>/[^?#\s]*)?(\?\S*)?"
)


@dataclass(frozen=True)
class Discovery:
    """The registry, and what this deployable says of itself there."""

    kind: str
    """`etcd`, `consul` or `dns`."""
    hosts: tuple[tuple[str, int], ...]
    """Where it is; of DNS the domain, without a meaning of the port."""
    tls: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    """Base URL under which others reach this process; empty where it is not to be found."""
    ttl: int = 10
    """Seconds after which a process that says nothing is taken for dead."""

    @property
    def name_server(self) -> tuple[str, int] | None:
        """Return the server that DNS is asked by, None for those of the machine."""
        return _hosts(self.options["server"], _PORTS["dns"])[0] if "server" in self.options else None

    @property
    def public_url(self) -> str:
        """Write where the registry is, without secrets."""
        return f"{self.kind}{'s' if self.tls else ''}://{','.join(f'{host}:{port}' for host, port in self.hosts)}"


def discovery(env: environ.Env) -> Discovery | None:
    """Read which registry is used; None where there is none. Raises `ImproperlyConfigured`."""
    url, address = env.str("DISCOVERY_URL", ""), env.str("DISCOVERY_ADDRESS", "")
    if not url:
        if address:
            raise ImproperlyConfigured("DISCOVERY_ADDRESS is set, and DISCOVERY_URL is not: no registry would have it")
        return None
    match = _URL.fullmatch(url)
    scheme = url.partition("://")[0]
    kind = scheme.removesuffix("s") if scheme != "dns" else "dns"
    hosts = _hosts(match["hosts"], _PORTS[scheme]) if match else ()
    if not match or not hosts:
        expected = "etcd://host:2379, consul://host:8500 or dns://domain (etcds and consuls by TLS)"
        raise invalid_setting("DISCOVERY_URL", without_secrets(url), expected)
    options = _options(kind, urlsplit(url).query)
    if kind in _LIBRARIES and not util.find_spec(_LIBRARIES[kind]):
        raise ImproperlyConfigured("DISCOVERY_URL is set: install the extra `discovery` of seamline")
    if address and kind == "dns":
        raise ImproperlyConfigured("DISCOVERY_ADDRESS is set, and DNS takes no registrations: unset it")
    user, _, password = (match["login"] or "").partition(":")
    return Discovery(
        kind=kind,
        hosts=hosts,
        tls=scheme in ("etcds", "consuls"),
        user=unquote(user),
        password=unquote(password),
        path=(match["path"] or "").strip("/"),
        options=options,
        address=values.base_url("DISCOVERY_ADDRESS", address) if address else "",
        ttl=values.number(env, "DISCOVERY_TTL", Discovery.ttl, 300, least=3),
    )


def place(name: str, value: str, found: Discovery | None) -> str:
    """Check where a module lives: a base URL, several with commas between, or `discovery://service`.

    Raises `ImproperlyConfigured`.
    """
    if value.startswith(SCHEME):
        service = value.removeprefix(SCHEME).rstrip("/")
        if not _SERVICE.fullmatch(service):
            raise invalid_setting(name, value, "discovery:// and the SERVICE_NAME of a deployable")
        if found is None:
            raise ImproperlyConfigured(f"{name} is {value!r}, and no registry is known: set DISCOVERY_URL")
        return SCHEME + service
    return ",".join(dict.fromkeys(values.base_url(name, each.strip()) for each in value.split(",")))


def default_places(modules: Iterable[str]) -> dict[str, str]:
    """Say of modules that they are the services which they become when they are extracted."""
    return {module: f"{SCHEME}{service_of(module)}" for module in modules}


def _hosts(text: str, default: int) -> tuple[tuple[str, int], ...]:
    try:
        parts = [urlsplit(f"//{each}") for each in text.split(",")]
        found = tuple((part.hostname or "", part.port or default) for part in parts)
    except ValueError:
        return ()
    return found if all(host for host, _ in found) else ()


def _is_name_server(text: str) -> bool:
    try:
        return bool(ip_address(_hosts(text, _PORTS["dns"])[0][0]))
    except (IndexError, ValueError):
        return False


def _options(kind: str, query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {*_OPTIONS[kind]}):
        known = ", ".join(_OPTIONS[kind])
        raise invalid_setting("DISCOVERY_URL", HIDDEN, f"without the option {unknown[0]!r}; {kind} has {known}")
    for name in ("ca", "cert", "key"):
        if name in options and not Path(options[name]).is_file():
            raise invalid_setting(f"DISCOVERY_URL's {name}", options[name], "a file that can be read")
    if ("cert" in options) != ("key" in options):
        raise invalid_setting("DISCOVERY_URL", HIDDEN, "with both cert and key, or neither")
    if "server" in options and not _is_name_server(options["server"]):
        raise invalid_setting("DISCOVERY_URL's server", options["server"], "an IP address, such as 10.0.0.2:53")
    if options.get("scheme", "http") not in ("http", "https"):
        raise invalid_setting("DISCOVERY_URL's scheme", options["scheme"], "http or https")
    return options
