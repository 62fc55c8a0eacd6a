"""etcd 3.4 and later, by its JSON gateway: a key for each instance, on a lease (https://etcd.io/docs/v3.4/).

`/<path>/services/<service>/<instance>` has `{"address": "http://…"}`.
"""

import base64
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import requests
from etcd3gw.client import Etcd3Client
from etcd3gw.exceptions import Etcd3Exception

from seamline.configuration.discovery import Discovery
from seamline.discovery.registry import REQUEST_TIMEOUT, WATCH_SECONDS, Found, LeaseLost, Registry, Unreachable

T = TypeVar("T")
_FAILURES = (Etcd3Exception, requests.RequestException, KeyError, TypeError, ValueError)


class _Entry(msgspec.Struct):
    address: str


class Etcd(Registry):
    """A cluster; the next member is asked where one does not answer."""

    def __init__(self, found: Discovery) -> None:
        self._folder = f"/{found.path or 'seam'}/services/"
        self._login = {"name": found.user, "password": found.password} if found.user else None
        self._clients = [_client(host, port, found) for host, port in found.hosts]

    def resolve(self, service: str) -> Found:
        """Look up the keys of a service, at one revision."""
        start, end = self._range(service)
        answer = self._ask("/kv/range", {"key": start, "range_end": end})
        pairs = [msgspec.json.decode(base64.b64decode(pair["value"]), type=_Entry) for pair in answer.get("kvs", ())]
        return Found(tuple(sorted({pair.address for pair in pairs})), int(answer["header"]["revision"]))

    def wait(self, service: str, known: Found) -> None:
        """Watch the keys of a service, from the revision after the one that is known."""
        start, end = self._range(service)
        wanted = {"create_request": {"key": start, "range_end": end, "start_revision": str(known.version + 1)}}
        self._attempt(lambda client: _wait_for_event(client, wanted))

    def register(self, service: str, instance: str, address: str, ttl: int) -> str:
        """Put a key that goes when its lease does."""
        lease = str(self._ask("/lease/grant", {"TTL": ttl, "ID": 0})["ID"])
        key = _encode(f"{self._folder}{service}/{instance}".encode())
        self._ask("/kv/put", {"key": key, "value": _encode(msgspec.json.encode(_Entry(address))), "lease": lease})
        return lease

    def renew(self, lease: str) -> None:
        """Keep the lease alive."""
        if int(self._ask("/lease/keepalive", {"ID": lease})["result"].get("TTL", 0)) <= 0:
            raise LeaseLost

    def leave(self, lease: str) -> None:
        """Revoke the lease, and its key with it."""
        self._ask("/lease/revoke", {"ID": lease})

    def _range(self, service: str) -> tuple[str, str]:
        prefix = f"{self._folder}{service}"
        # "0" comes right after "/": everything in the folder, and nothing else.
        return _encode(f"{prefix}/".encode()), _encode(f"{prefix}0".encode())

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        def ask(client: Etcd3Client) -> dict[str, Any]:
            answer: dict[str, Any] = client.post(client.get_url(path), json=body)
            return answer

        return self._attempt(ask)

    def _attempt(self, ask: Callable[[Etcd3Client], T]) -> T:
        """Ask a member, and the others where it fails. Raises `Unreachable`."""
        failure: Exception | None = None
        for client in list(self._clients):
            try:
                return self._ask_member(client, ask)
            except _FAILURES as error:
                failure = error
                # Who has failed is the last to be asked the next time.
                self._clients = [each for each in self._clients if each is not client] + [client]
        detail = getattr(failure, "detail_text", None) or failure
        raise Unreachable(f"{type(failure).__name__}: {detail}") from failure

    def _ask_member(self, client: Etcd3Client, ask: Callable[[Etcd3Client], T]) -> T:
        if self._login and "Authorization" not in client.session.headers:
            self._log_in(client)
        try:
            return ask(client)
        except Etcd3Exception as error:
            if not self._login or "auth token" not in (error.detail_text or ""):
                raise
            # A token is good for some minutes (`--auth-token-ttl`).
            self._log_in(client)
            return ask(client)

    def _log_in(self, client: Etcd3Client) -> None:
        client.session.headers.pop("Authorization", None)
        token = client.post(client.get_url("/auth/authenticate"), json=self._login)["token"]
        client.session.headers["Authorization"] = token


def _client(host: str, port: int, found: Discovery) -> Etcd3Client:
    options = found.options
    client = Etcd3Client(
        host=host,
        port=port,
        protocol="https" if found.tls else "http",
        ca_cert=options.get("ca"),
        cert_cert=options.get("cert"),
        cert_key=options.get("key"),
        timeout=REQUEST_TIMEOUT,
        api_path="/v3/",
    )
    # A proxy for what is outside is none for the registry; and a CA that is named is the one.
    client.session.trust_env = False
    return client


def _wait_for_event(client: Etcd3Client, wanted: dict[str, Any]) -> None:
    # Not the library's own watcher, whose thread ends without a word when the connection does.
    until = time.monotonic() + WATCH_SECONDS
    timeouts = REQUEST_TIMEOUT, WATCH_SECONDS
    with client.session.post(client.get_url("/watch"), json=wanted, stream=True, timeout=timeouts) as response:
        response.raise_for_status()
        try:
            for line in response.iter_lines():
                # The first line says that the watch was made; what comes then is an event, or that it was cancelled.
                if line.strip() and not msgspec.json.decode(line)["result"].get("created"):
                    return
        except requests.RequestException:
            if time.monotonic() < until:
                raise


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
