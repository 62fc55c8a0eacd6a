"""A double of Consul's agent: as much of its HTTP API as is documented of services with a TTL check, and no more.

Held to https://developer.hashicorp.com/consul/api-docs/agent/service, …/agent/check, …/health and
…/features/blocking. What it is asked that does not stand there it answers with 400, so that nobody gets used to it.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "b1gs33cr3t"
_REGISTRATION = {"ID", "Name", "Address", "Port", "Meta", "Check"}
_CHECK = {"TTL", "Status", "DeregisterCriticalServiceAfter"}
_DURATION = re.compile(r"(\d+)(s|m)")


class Agent:
    """One agent, with what is registered there."""

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.index = 10
        self.changed = threading.Condition()
        agent = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer("GET")

            def do_PUT(self) -> None:
                self._answer("PUT")

            def _answer(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("X-Consul-Token") != TOKEN:
                    status, answer = 403, "Permission denied"
                else:
                    status, answer = agent.answer(method, self.path, body)
                content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
                self.send_response(status)
                if method == "GET":
                    self.send_header("X-Consul-Index", str(agent.index))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"consul://:{TOKEN}@127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Lose all data, as one that keeps it in memory does when it is started anew."""
        with self.changed:
            self.services.clear()
            self._note_change()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        path, query = urlsplit(target).path, {key: one for key, [one] in parse_qs(urlsplit(target).query).items()}
        if method == "GET" and (match := re.fullmatch(r"/v1/health/service/([\w-]+)", path)):
            return self._health(match[1], query)
        if method == "PUT" and path == "/v1/agent/service/register":
            return self._register(json.loads(body), query)
        if method == "PUT" and (match := re.fullmatch(r"/v1/agent/check/pass/service:([\w-]+)", path)):
            return self._pass(match[1])
        if method == "PUT" and (match := re.fullmatch(r"/v1/agent/service/deregister/([\w-]+)", path)):
            return self._deregister(match[1])
        return 400, f"{method} {target} is not documented"

    def _health(self, name: str, query: dict[str, str]) -> tuple[int, Any]:
        if not query.keys() <= {"passing", "index", "wait"} or query.get("passing") not in (None, "1"):
            return 400, "unknown parameters"
        deadline = time.monotonic() + _seconds(query.get("wait", "5m"))
        with self.changed:
            # "The HTTP request will hang until a change in the system occurs, or the maximum timeout is reached."
            while 0 < int(query.get("index", 0)) >= self.index and time.monotonic() < deadline:
                self.changed.wait(0.05)
                self._expire()
            self._expire()
            found = [each for each in self.services.values() if each["Name"] == name]
            return 200, [_entry(each) for each in found if each["passes"] or "passing" not in query]

    def _register(self, service: dict[str, Any], query: dict[str, str]) -> tuple[int, Any]:
        check = service.get("Check", {})
        if service.keys() - _REGISTRATION or check.keys() - _CHECK or query.keys() - {"replace-existing-checks"}:
            return 400, "Request decode failed"
        if _seconds(check["DeregisterCriticalServiceAfter"]) < 60:
            return 400, "the minimum is one minute"
        passes = check.get("Status", "critical") == "passing"
        with self.changed:
            due = time.monotonic() + _seconds(check["TTL"])
            self.services[service["ID"]] = service | {"passes": passes, "due": due}
            self._note_change()
        return 200, ""

    def _pass(self, service: str) -> tuple[int, Any]:
        with self.changed:
            if service not in self.services:
                return 404, f'Unknown check ID "service:{service}". Ensure that the check ID is passed.'
            known = self.services[service]
            known["due"] = time.monotonic() + _seconds(known["Check"]["TTL"])
            if not known["passes"]:
                known["passes"] = True
                self._note_change()
        return 200, ""

    def _deregister(self, service: str) -> tuple[int, Any]:
        with self.changed:
            if self.services.pop(service, None) is None:
                return 404, f'Unknown service ID "{service}"'
            self._note_change()
        return 200, ""

    def _expire(self) -> None:
        for service in self.services.values():
            if service["passes"] and time.monotonic() > service["due"]:
                service["passes"] = False
                self._note_change()

    def _note_change(self) -> None:
        self.index += 1
        self.changed.notify_all()


@contextmanager
def consul() -> Iterator[Agent]:
    """An agent that answers until the end of the block."""
    agent = Agent()
    try:
        yield agent
    finally:
        agent.close()


def _entry(service: dict[str, Any]) -> dict[str, Any]:
    known = {"ID": service["ID"], "Service": service["Name"], "Tags": [], "Meta": service.get("Meta")}
    place = {"Address": service["Address"], "Port": service["Port"]}
    status = "passing" if service["passes"] else "critical"
    checks = [{"CheckID": f"service:{service['ID']}", "Status": status}]
    return {"Node": {"Node": "foobar", "Address": "10.1.10.12"}, "Service": known | place, "Checks": checks}


def _seconds(text: str) -> float:
    match = _DURATION.fullmatch(text)
    assert match, text
    return int(match[1]) * {"s": 1, "m": 60}[match[2]]
