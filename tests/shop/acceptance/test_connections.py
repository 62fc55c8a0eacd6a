"""What goes on a connection: bodies in chunks, bodies too large, and what is not even a request."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.shop import PASSWORD, Customer
from tests.waiting import PATIENCE

LOGIN = "POST /api/v1/auth/token HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
MEGABYTE = 1024 * 1024


class Connection:
    """A connection on which anything can be said."""

    def __init__(self, base_url: str) -> None:
        url = urlsplit(base_url)
        self.socket = socket.create_connection((url.hostname or "", url.port or 80), timeout=PATIENCE)
        self.answers = self.socket.makefile("rb")

    def say(self, head: str, body: bytes = b"") -> None:
        self.socket.sendall(f"{head}\r\n".encode() + body)

    def answer(self) -> tuple[int, dict[str, str], Any]:
        status = int(self.answers.readline().split()[1])
        lines = iter(lambda: self.answers.readline().decode().strip(), "")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return status, headers, json.loads(self.answers.read(int(headers["content-length"])))

    def is_over(self) -> bool:
        return self.answers.read() == b""


@pytest.fixture
def connection(base_url: str) -> Iterator[Connection]:
    connection = Connection(base_url)
    with connection.socket, connection.answers:
        yield connection


def chunked(body: bytes, size: int = 40) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_in_chunks_is_read(connection: Connection, passer_by: Customer) -> None:
    credentials = json.dumps({"email": passer_by.email, "password": PASSWORD}).encode()
    for _ in range(2):
        connection.say(LOGIN + "Transfer-Encoding: chunked\r\n", chunked(credentials))
        status, headers, tokens = connection.answer()
        assert (status, headers["connection"]) == (200, "keep-alive")
        assert tokens["access"]


def test_a_body_in_chunks_may_be_too_large(connection: Connection) -> None:
    connection.say(LOGIN + "Transfer-Encoding: chunked\r\n", chunked(b"x" * (MEGABYTE + 1), 65536))
    status, _headers, problem = connection.answer()
    assert (status, problem["code"]) == (413, "request.invalid")


@pytest.mark.parametrize("sent", [0, 2 * MEGABYTE])
def test_after_a_body_that_is_too_large_the_connection_ends(connection: Connection, sent: int) -> None:
    connection.say(LOGIN + f"Content-Length: {2 * MEGABYTE}\r\n", b"x" * sent)
    status, headers, problem = connection.answer()
    assert (status, headers["connection"], problem["status"]) == (413, "close", 413)
    assert connection.is_over()


def test_after_a_body_that_nobody_read_the_connection_goes_on(connection: Connection) -> None:
    for _ in range(2):
        connection.say("POST /api/v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n", b"null")
        status, headers, _problem = connection.answer()
        assert (status, headers["connection"]) == (401, "keep-alive")


@pytest.mark.parametrize(
    ("status", "head"),
    [
        (400, "GARBAGE\r\n"),
        (400, "GET / HTTP/1.1\r\nno colon\r\n"),
        (414, f"GET /{'a' * 9000} HTTP/1.1\r\n"),
        (431, f"GET / HTTP/1.1\r\nX: {'a' * 9000}\r\n"),
    ],
    ids=["line", "header", "long line", "long header"],
)
def test_what_is_not_even_a_request_is_a_problem(connection: Connection, status: int, head: str) -> None:
    connection.say(head)
    answered, headers, problem = connection.answer()
    assert (answered, problem["status"], headers["content-type"]) == (status, status, "application/problem+json")
    assert connection.is_over()
