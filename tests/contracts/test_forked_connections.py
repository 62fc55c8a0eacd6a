"""A process that is forked off has connections of its own: on a shared one, each would read the other's responses."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seamline.transport.http_pool import ConnectionPool


class Counting(ThreadingHTTPServer):
    """Keeps connections alive, and answers with the number of the connection that a request came by."""

    connections = 0

    def get_request(self) -> tuple[object, object]:  # type: ignore[override]
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.number = self.server.connections  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        body = str(self.number).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with Counting(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_forked_process_does_not_ask_by_its_parents_connection(url: str) -> None:
    pool = ConnectionPool(url, 5.0, max_idle=4)

    def asked() -> bytes:
        return pool.get("/", (), 5.0, 100).body

    assert (asked(), asked()) == (b"1", b"1"), "a connection is kept"
    receiver, sender = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(sender, asked() + asked())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(receiver, 10) == b"22"
    assert asked() == b"1", "the parent's is as good as before"
    os.close(receiver)
    os.close(sender)
