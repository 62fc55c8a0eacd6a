"""Settings that are no secrets, from the environment. An empty one counts as none; each raises for what will not do."""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from seamline.contract import Contract, Event
from seamline.setting_errors import invalid_setting, is_whole_number, without_secrets

_MODULE_URL = re.compile(r"([A-Z][A-Z0-9_]*)_URL")
_BASE_URL = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")
_HOST_NAME = re.compile(r"(?![0-9.]*$)(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*(?<!-)")
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
MAX_SECONDS = 86_400.0
"""Of a timeout: a day."""


def number(env: environ.Env, name: str, default: int, most: int, least: int = 1) -> int:
    """Read a whole number, from 1 on unless less is allowed."""
    given = env.str(name, "") or str(default)
    if not is_whole_number(given, least, most):
        raise invalid_setting(name, given, f"a number from {least} to {most}, such as {default}")
    return int(given)


def factor(env: environ.Env, name: str, default: float) -> float:
    """Read what something is multiplied by, a million at most; 0 is allowed."""
    given = env.str(name, "") or str(default)
    try:
        value = float(given)
    except ValueError:
        value = -1
    if not 0 <= value <= 1_000_000:
        raise invalid_setting(name, given, f"a number from 0 to a million, such as {default:g}")
    return value


def seconds(env: environ.Env, name: str, default: float) -> float:
    """Read a number of seconds, more than none, and no more than a day."""
    given = env.str(name, "") or str(default)
    try:
        value = float(given)
    except ValueError:
        value = 0
    # Sockets and PostgreSQL do not take any number, and would say so at the first request.
    if not 0 < value <= MAX_SECONDS:
        raise invalid_setting(name, given, f"a number of seconds, {MAX_SECONDS:g} at most, such as {default:g}")
    return value


def flag(env: environ.Env, name: str, default: bool) -> bool:
    """Read yes or no."""
    given = env.str(name, "")
    if given and given.lower() not in _FLAGS:
        raise invalid_setting(name, given, "true or false")
    return _FLAGS.get(given.lower(), default)


def choice(env: environ.Env, name: str, default: str, options: tuple[str, ...]) -> str:
    """Read one of a few words, in upper or lower case."""
    given = env.str(name, "") or default
    chosen = next((option for option in options if option.lower() == given.lower()), None)
    if chosen is None:
        raise invalid_setting(name, given, f"one of {', '.join(options)}")
    return chosen


def folder(env: environ.Env, name: str) -> str:
    """Read a folder that is there; empty where none is named."""
    given: str = env.str(name, "")
    if given and not Path(given).is_dir():
        raise invalid_setting(name, given, "a folder that is there, such as /dev/shm/metrics after mkdir")
    return given


def networks(env: environ.Env, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks, with commas between; none where it is not set."""
    try:
        return tuple(ip_network(item.strip()) for item in env.str(name, "").split(",") if item.strip())
    except ValueError:
        raise invalid_setting(name, env.str(name), "addresses or networks, such as 10.0.0.5,192.168.7.0/24") from None


def host(env: environ.Env, name: str, default: str) -> str:
    """Read what to listen on: an address, or the name of a host."""
    given = env.str(name, "") or default
    if not (_HOST_NAME.fullmatch(given) or _is_address(given)):
        raise invalid_setting(name, given, f"an address or the name of a host, without a port, such as {default}")
    return given


def base_url(name: str, value: str) -> str:
    """Check the address of a deployable, and return it without a slash at its end."""
    if not (_BASE_URL.fullmatch(value) and _has_address(value)):
        raise invalid_setting(name, without_secrets(value), "a base URL, such as http://127.0.0.1:8001")
    return value.rstrip("/")


def broker_url(env: environ.Env, name: str) -> str:
    """Read the address of a message broker, empty where there is none."""
    given: str = env.str(name, "")
    if given and not (re.match(r"(rediss?|amqps?)://[^/\s]", given) and _has_address(given)):
        raise invalid_setting(
            name, without_secrets(given), "the URL of a Redis or RabbitMQ server: redis://127.0.0.1:6379/0"
        )
    return given


def module_urls(
    environment: Mapping[str, str], known: frozenset[str], check: Callable[[str, str], str] = base_url
) -> dict[str, str]:
    """Read where modules live that moved out: every `<MODULE>_URL` whose module is known, by its code or its contract.

    `check` takes the setting's name and its value, and returns the place.
    """
    found = {}
    for name, value in environment.items():
        match = _MODULE_URL.fullmatch(name)
        if match and value:
            module = match[1].lower()
            if module in known:
                found[module] = check(name, value)
            elif similar := difflib.get_close_matches(module, known, 1, cutoff=0.85):
                # Other programs have settings that end in _URL; one like this is a slip.
                meant = f"{similar[0].upper()}_URL"
                raise ImproperlyConfigured(f"{name} is set, but there is no such module: did you mean {meant}?")
    return found


def module_names(here: Iterable[str], contracts: ModuleType | None) -> frozenset[str]:
    """Name the modules that are known, by their code or by their contract."""
    return frozenset((*here, *(_owners(contracts) if contracts else ())))


def word(env: environ.Env, name: str, default: str) -> str:
    """Read a name that databases and queues are named after."""
    given = env.str(name, "") or default
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,29}", given):
        raise invalid_setting(name, given, "small letters, digits, - or _, thirty at most, such as acme")
    return given


def _owners(contracts: ModuleType) -> Iterator[str]:
    """Name the modules that have a contract file. One that declares types alone is no module's."""
    for info in pkgutil.iter_modules(contracts.__path__):
        declared = vars(importlib.import_module(f"{contracts.__name__}.{info.name}"))
        own = [value for value in declared.values() if getattr(value, "__module__", None) == declared["__name__"]]
        if any(isinstance(value, type) and issubclass(value, Contract | Event) for value in own):
            yield info.name


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _has_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
