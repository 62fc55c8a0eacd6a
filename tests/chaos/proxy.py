"""An HTTP proxy before a deployable, which for a while does to what passes what bad networks do."""

import random
import socket
import struct
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

PATIENCE = 40.0
LATEST = 4.0
"""Seconds after which the last late copy has been sent."""
GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 22\r\n\r\n<h1>It works! Hm.</h1>",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{{ oops!",
    b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noops",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{",
)


class Copy(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


class Proxy:
    """Passes requests on to a port of this machine."""

    KINDS = ("delayed", "answered late", "cut before", "cut after", "refused", "garbage", "twice", "copied late")

    def __init__(self, port: int, rng: random.Random) -> None:
        self.target = port
        self.rng = rng
        self._kind, self._until = "", 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def disturb(self, kind: str, seconds: float) -> None:
        """Do this to every second request, for so long."""
        self._kind, self._until = kind, time.monotonic() + seconds

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self) -> str:
        disturbed = time.monotonic() < self._until and self.rng.random() < 0.5
        return self._kind if disturbed else ""

    def forward(self, copy: Copy) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection("127.0.0.1", self.target, timeout=PATIENCE)
        try:
            connection.request(copy.method, copy.path, copy.body or None, copy.headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def send_copy(self, copy: Copy, after: float) -> None:
        """Send it once more, and look at no answer."""
        time.sleep(after)
        with suppress(OSError, HTTPException):
            self.forward(copy)


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        copy, fault, rng = Copy(self.command, self.path, body, headers), self.proxy.fault(), self.proxy.rng
        self.close_connection = True
        if fault == "refused":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if fault == "cut before":
            return
        if fault == "delayed":
            time.sleep(rng.uniform(0.05, 2))
        elif fault == "twice":
            threading.Thread(target=self.proxy.send_copy, args=(copy, 0), daemon=True).start()
        elif fault == "copied late":
            late = (copy, rng.uniform(0.2, LATEST))
            threading.Thread(target=self.proxy.send_copy, args=late, daemon=True).start()
        with suppress(OSError, HTTPException):
            status, head, content = self.proxy.forward(copy)
            if fault == "answered late":
                time.sleep(rng.uniform(0.5, 3))
            if fault == "garbage":
                self.wfile.write(rng.choice(GARBAGE))
            elif fault != "cut after":
                self._pass_back(status, head, content)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815

    def _pass_back(self, status: int, head: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in head:
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "keep-alive"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = False

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        pass
