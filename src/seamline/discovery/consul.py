"""Consul, by the HTTP API of its agent: a service with a TTL check for each instance.

https://developer.hashicorp.com/consul/api-docs/agent/service, …/agent/check, …/health and …/features/blocking.
"""

import ssl
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from seamline.configuration.discovery import Discovery
from seamline.discovery.registry import REQUEST_TIMEOUT, WATCH_SECONDS, Found, LeaseLost, Registry, Unreachable
from seamline.transport.http_pool import NO_RESPONSE, ConnectionPool, RawResponse, ResponseTooLong, TimedOut

MAX_IDLE = 4
MAX_BYTES = 4 * 1024 * 1024
FORGET_AFTER = "1m"
"""When an instance that is silent is taken out, rather than shown as one that fails: Consul's shortest."""
_JITTER = 1 + 1 / 16
"""A blocking query may take a sixteenth more than was asked for."""


class _Service(msgspec.Struct, rename="pascal"):
    address: str = ""
    port: int = 0
    meta: dict[str, str] | None = None


class _Node(msgspec.Struct, rename="pascal"):
    address: str = ""


class _Entry(msgspec.Struct, rename="pascal"):
    node: _Node
    service: _Service


class Consul(Registry):
    """An agent, mostly the one of this machine; the next is asked where one does not answer."""

    def __init__(self, found: Discovery) -> None:
        tls = _tls(found) if found.tls else None
        scheme = "https" if found.tls else "http"
        self._pools = [
            ConnectionPool(f"{scheme}://{_host(host)}:{port}", REQUEST_TIMEOUT, MAX_IDLE, tls)
            for host, port in found.hosts
        ]
        self._token = [("X-Consul-Token", found.password)] if found.password else []

    def resolve(self, service: str) -> Found:
        """Look up the instances whose checks pass."""
        response = self._ask("GET", f"/v1/health/service/{quote(service)}?passing=1", REQUEST_TIMEOUT)
        try:
            entries = msgspec.json.decode(response.body, type=list[_Entry])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Unreachable(f"no list of instances: {error}") from None
        return Found(tuple(sorted({_address(entry) for entry in entries})), _index(response))

    def wait(self, service: str, known: Found) -> None:
        """Ask with the index that is known, which is answered when there is a newer one."""
        # An index of 0 would be answered at once.
        target = (
            f"/v1/health/service/{quote(service)}?passing=1&index={max(known.version, 1)}&wait={WATCH_SECONDS:.0f}s"
        )
        self._ask("GET", target, WATCH_SECONDS * _JITTER + REQUEST_TIMEOUT)

    def register(self, service: str, instance: str, address: str, ttl: int) -> str:
        """Register with the agent, as one whose check passes."""
        place = urlsplit(address)
        lease = f"{service}-{instance}"
        check = {"TTL": f"{ttl}s", "Status": "passing", "DeregisterCriticalServiceAfter": FORGET_AFTER}
        body = {
            "ID": lease,
            "Name": service,
            "Address": place.hostname,
            "Port": place.port or (443 if place.scheme == "https" else 80),
            "Meta": {"address": address},
            "Check": check,
        }
        self._ask("PUT", "/v1/agent/service/register?replace-existing-checks=true", REQUEST_TIMEOUT, body)
        return lease

    def renew(self, lease: str) -> None:
        """Pass its check."""
        response = self._send("PUT", f"/v1/agent/check/pass/service:{quote(lease)}", REQUEST_TIMEOUT)
        # The agent does not know the check: 404 in newer versions, and 500 in older ones.
        if response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR):
            raise LeaseLost
        _require_ok(response)

    def leave(self, lease: str) -> None:
        """Deregister."""
        self._ask("PUT", f"/v1/agent/service/deregister/{quote(lease)}", REQUEST_TIMEOUT)

    def _ask(self, method: str, target: str, timeout: float, body: Any = None) -> RawResponse:
        return _require_ok(self._send(method, target, timeout, body))

    def _send(self, method: str, target: str, timeout: float, body: Any = None) -> RawResponse:
        """Ask an agent, and the others where it does not answer. Raises `Unreachable`."""
        content = msgspec.json.encode(body) if body is not None else b""
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content))), *self._token]
        failure: Exception | None = None
        for pool in list(self._pools):
            try:
                return pool.request(method, target, headers, content, timeout, MAX_BYTES)
            except (TimedOut, ResponseTooLong, *NO_RESPONSE) as error:
                failure = error
                self._pools = [each for each in self._pools if each is not pool] + [pool]
        raise Unreachable(f"{type(failure).__name__}: {failure}") from failure


def _require_ok(response: RawResponse) -> RawResponse:
    if response.status != HTTPStatus.OK:
        raise Unreachable(f"answered {response.status}: {response.body[:200].decode(errors='replace')}")
    return response


def _address(entry: _Entry) -> str:
    """Return what our own instances say, or the address and port that others were registered with."""
    service = entry.service
    registered = f"http://{_host(service.address or entry.node.address)}:{service.port}"
    return (service.meta or {}).get("address") or registered


def _index(response: RawResponse) -> int:
    text = next((value for name, value in response.headers if name.lower() == "x-consul-index"), "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tls(found: Discovery) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=found.options.get("ca"))
    if "cert" in found.options:
        context.load_cert_chain(found.options["cert"], found.options["key"])
    return context
