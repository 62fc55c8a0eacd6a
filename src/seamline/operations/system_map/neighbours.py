"""What other deployables tell of themselves at `/health` and `/metrics`; one that is silent is not waited for."""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from seamline.operations.system_map import figures
from seamline.operations.system_map.figures import Figures
from seamline.transport.http_pool import NO_RESPONSE, ConnectionPool, ResponseTooLong, TimedOut

CONNECT_TIMEOUT = 0.5
RESPONSE_TIMEOUT = 1.5
WAIT_SECONDS = 1.0
"""How long all of them together are waited for; what comes later is shown the next time."""
STALE_SECONDS = 6.0
"""After which one that has not answered again counts as silent."""
MAX_HEALTH_BYTES = 1024 * 1024
MAX_METRICS_BYTES = 16 * 1024 * 1024
_MAX_ASKED_AT_ONCE = 8


class _Module(msgspec.Struct):
    here: bool = False
    outbox: dict[str, Any] | None = None


class _Health(msgspec.Struct):
    service: str = ""
    versions: dict[str, Any] = {}
    modules: dict[str, _Module] = {}


@dataclass(frozen=True)
class Neighbour:
    """A deployable at an address, as it was found."""

    url: str
    problem: str = ""
    """Why it is taken for down; empty while it answers."""
    service: str = ""
    runtime: str = ""
    modules: dict[str, bool | None] = field(default_factory=dict)
    """Of the modules that live there, whether their database answers; None for those that it knows elsewhere."""
    figures: Figures | None = None
    no_figures: str = ""
    """Why there are none, of one that answers."""
    at: float = 0.0
    """When it answered, in seconds of the clock."""


def look(urls: Iterable[str]) -> dict[str, Neighbour]:
    """Ask all of them at once, and give what is known of each."""
    asked = {url: _ask_again(url) for url in dict.fromkeys(urls)}
    wait(asked.values(), WAIT_SECONDS)
    for url, future in asked.items():
        if future.done():
            _found[url] = future.result()
    for kept in (_found, _under_way):
        for gone in kept.keys() - asked.keys():
            kept.pop(gone)
    return {url: _judge(url, future) for url, future in asked.items()}


_found: dict[str, Any] = {}
_under_way: dict[str, Any] = {}


def _judge(url: str, asked: "Future[Neighbour]") -> Neighbour:
    known: Neighbour | None = _found.get(url)
    if known and (asked.done() or time.time() - known.at < STALE_SECONDS):
        return known
    return Neighbour(url, f"has not answered within {WAIT_SECONDS:g} s")


def _ask_again(url: str) -> "Future[Neighbour]":
    before: Future[Neighbour] | None = _under_way.get(url)
    # One that is silent is waited for once, and not by every looker.
    if before is None or before.done():
        before = _under_way[url] = _threads().submit(_ask, url)
    return before


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MAX_ASKED_AT_ONCE, thread_name_prefix="map")


@cache
def _connections(url: str) -> ConnectionPool:
    return ConnectionPool(url, CONNECT_TIMEOUT, max_idle=1)


def _ask(url: str) -> Neighbour:
    try:
        health = msgspec.json.decode(_get(url, "/health", MAX_HEALTH_BYTES), type=_Health)
    except _Unfit as unfit:
        return Neighbour(url, str(unfit), at=time.time())
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Neighbour(url, "/health is not what a runtime answers", at=time.time())
    modules = {name: each.outbox is not None if each.here else None for name, each in health.modules.items()}
    found, problem = None, ""
    try:
        found = figures.parse(_get(url, "/metrics", MAX_METRICS_BYTES).decode())
    except _Unfit as unfit:
        problem = str(unfit)
    except (ValueError, KeyError):
        problem = "/metrics is not what a runtime answers"
    runtime = str(health.versions.get("runtime", ""))[:60]
    return Neighbour(url, "", health.service[:60], runtime, modules, found, problem, time.time())


class _Unfit(Exception):
    """A response that will not do; the message says why."""


def _get(url: str, path: str, limit: int) -> bytes:
    try:
        response = _connections(url).get(path, (), RESPONSE_TIMEOUT, limit)
    except TimedOut:
        raise _Unfit(f"{path} was not answered within {RESPONSE_TIMEOUT:g} s") from None
    except ResponseTooLong:
        raise _Unfit(f"{path} has more than {limit} bytes") from None
    except NO_RESPONSE as error:
        raise _Unfit(f"cannot be reached: {error}"[:200]) from None
    if response.status != HTTPStatus.OK:
        raise _Unfit(f"{path} was answered with {response.status}")
    return response.body
