"""What goes through the gateway arrives as if the module were here: byte for byte, and no more of it in memory."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Self

import psutil
import pytest

from conftest import ROOT
from tests.contracts.odd import COOKIES, PIECE, VIEWS
from tests.processes import answers, environment, free_port
from tests.waiting import eventually

MEGABYTE = 1024 * 1024
LIMIT = 4 * MEGABYTE
HEAD = "Host: system.example\r\nX-Request-ID: fidelity-1\r\nConnection: close\r\n"
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + b"f" * 3 * MEGABYTE + b"\r\n--b--\r\n"
)
FORM = "Content-Type: multipart/form-data; boundary=b\r\n"


class Place:
    """A process that answers, as soon as it can."""

    def __init__(self, url: str = "", **settings: str) -> None:
        self.port = free_port()
        paths = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "DJANGO_SETTINGS_MODULE": "config.settings"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from tests.contracts.odd import main; main({self.port}, {url!r})"],
            cwd=ROOT,
            env=environment(MAX_REQUEST_BYTES=str(LIMIT), LOG_LEVEL="CRITICAL", **paths, **settings),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def until_ready(self) -> Self:
        eventually(lambda: answers(self.port), bool)
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[psutil.Process]:
        return list(psutil.Process(self._process.pid).children())


class Places(NamedTuple):
    """The module in a process of its own, behind a gateway; and where it is at home, with nobody between."""

    home: Place
    service: Place
    gateway: Place
    trusting: Place
    """A gateway that believes us."""


class Answer(NamedTuple):
    """All that came, until the end of the connection."""

    head: list[str]
    body: bytes
    is_whole: bool

    def values(self, name: str) -> list[str]:
        return [value for key, _, value in (line.partition(": ") for line in self.head) if key.lower() == name]


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    with (
        Place() as home,
        Place(SERVICE_NAME="service", TRUSTED_PROXIES="127.0.0.1") as service,
        Place(service.url) as gateway,
        Place(service.url, TRUSTED_PROXIES="127.0.0.0/8,::1") as trusting,
    ):
        places = Places(home, service, gateway, trusting)
        for place in places:
            place.until_ready()
        yield places


def ask(port: int, line: str, headers: str = "", body: bytes = b"") -> Answer:
    """Send a request by hand, and read until the connection is over."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(ConnectionError):
            connection.sendall(f"{line}\r\n{HEAD}{headers}\r\n".encode("latin-1") + body)
        received, was_reset = bytearray(), False
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            was_reset = True
    return _parsed(bytes(received), line.startswith("HEAD"), was_reset)


def _parsed(received: bytes, is_for_head: bool, was_reset: bool) -> Answer:
    received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    answer = Answer(head.decode("latin-1").split("\r\n"), body, not was_reset)
    if answer.values("transfer-encoding") == ["chunked"]:
        decoded, is_whole = _dechunked(body)
        return answer._replace(body=decoded, is_whole=is_whole)
    lengths = answer.values("content-length")
    if lengths and not is_for_head and " 304 " not in answer.head[0]:
        return answer._replace(is_whole=len(body) == int(lengths[0]))
    return answer


def _dechunked(body: bytes) -> tuple[bytes, bool]:
    decoded = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        decoded, body = decoded + rest[:length], rest[length + 2 :]
        if length == 0:
            return decoded, True
    return decoded, False


def get(port: int, path: str, headers: str = "") -> Answer:
    return ask(port, f"GET {path} HTTP/1.1", headers)


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def without_own(head: list[str]) -> Iterator[str]:
    """A head without what the deployable that answers puts in itself, in a place of its own."""
    return (line for line in head if not line.startswith(("Date: ", "X-Request-ID: ")))


def sized(body: bytes) -> str:
    return f"Content-Length: {len(body)}\r\n"


PLAIN = sorted(VIEWS.keys() - {"long", "broken", "cookies", "forwarding"})
ODD = "/odd/echo/a%2Fb%20c%25%E2%82%AC%FF;x=1/..%2f//d%3Fe%0D%0AX-Evil:%20y"
REQUESTS: dict[str, tuple[str, str, bytes]] = {
    **{f"GET {name}": (f"GET /odd/{name} HTTP/1.1", "", b"") for name in PLAIN},
    **{f"HEAD {name}": (f"HEAD /odd/{name} HTTP/1.1", "", b"") for name in PLAIN},
    "long": ("GET /odd/long?pieces=20&length HTTP/1.1", "", b""),
    "path": (f"GET {ODD} HTTP/1.1", "", b""),
    "query": ("GET /odd/echo?a=%0d%0a&b=%zz&c=%E2%82%AC&d=[]{}|^&&a=? HTTP/1.1", "", b""),
    "bad target": ("GET /odd/echo?\xe9 HTTP/1.1", "", b""),
    "repeated": ("GET /odd/echo HTTP/1.1", "X-A: 1\r\nX-B: 2\r\nX-A: 3\r\nX-Word: caf\xe9\r\nCookie: a=1\r\n", b""),
    "hops": (
        "GET /odd/echo HTTP/1.1",
        "Proxy-Authorization: Basic x\r\nProxy-Connection: close\r\nTE: trailers\r\nTrailer: X\r\nProxy: http://x\r\n"
        "Upgrade: websocket\r\nConnection: X-Gone, upgrade, Host\r\nX-Gone: 1\r\nX-Stays: 1\r\nKeep-Alive: 300\r\n",
        b"",
    ),
    "no accept": ("GET /odd/zipped HTTP/1.1", "Accept-Encoding: identity\r\n", b""),
    "old": ("GET /odd/streamed HTTP/1.0", "", b""),
    "old with a length": ("GET /odd/empty HTTP/1.0", "", b""),
    "form": ("POST /odd/upload HTTP/1.1", FORM + sized(MULTIPART), MULTIPART),
    "form in chunks": ("POST /odd/upload HTTP/1.1", FORM + "Transfer-Encoding: chunked\r\n", chunked(MULTIPART)),
    "expecting": ("POST /odd/upload HTTP/1.1", FORM + sized(MULTIPART) + "Expect: 100-continue\r\n", MULTIPART),
    "raw": ("POST /odd/upload HTTP/1.1", sized(b"x" * 3 * MEGABYTE), b"x" * 3 * MEGABYTE),
    "raw, short": ("PUT /odd/upload HTTP/1.1", sized(b"xyz"), b"xyz"),
    "no body": ("POST /odd/echo HTTP/1.1", "Content-Length: 0\r\n", b""),
    "not even that": ("DELETE /odd/echo HTTP/1.1", "", b""),
    "too large": ("POST /odd/upload HTTP/1.1", f"Content-Length: {LIMIT + 1}\r\n", b""),
    "too large in chunks": (
        "POST /odd/upload HTTP/1.1",
        "Transfer-Encoding: chunked\r\n",
        chunked(b"x" * (LIMIT + 1)),
    ),
    "method": ("OPTIONS /odd/echo HTTP/1.1", "", b""),
    "unknown": ("GET /odd/none HTTP/1.1", "", b""),
    "API": ("GET /api/v1/odd/several HTTP/1.1", "", b""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_is_the_same_byte_for_byte(places: Places, name: str) -> None:
    here, there = (ask(at.port, *REQUESTS[name]) for at in (places.home, places.gateway))
    assert [*without_own(here.head)] == [*without_own(there.head)]
    assert there.values("x-request-id") == here.values("x-request-id")
    assert (there.body, there.is_whole) == (here.body, True)
    assert re.match(r"HTTP/1.[01] \d{3} ", here.head[0])


def test_what_the_table_is_about_is_in_it(places: Places) -> None:
    several = ask(places.gateway.port, *REQUESTS["GET several"])
    assert several.values("link") == ["</a>; rel=preload", "</b>; rel=preload"]
    assert ask(places.gateway.port, *REQUESTS["HEAD zipped"]).values("content-length")[0] != "0"
    assert ask(places.gateway.port, *REQUESTS["form"]).body == b'{"file": 3145728}'
    assert ask(places.gateway.port, *REQUESTS["form in chunks"]).body == b'{"file": 3145728}'
    assert " 413 " in ask(places.gateway.port, *REQUESTS["too large in chunks"]).head[0]
    assert ask(places.gateway.port, *REQUESTS["GET hops"]).values("proxy-authenticate") == []
    arrived = json.loads(ask(places.gateway.port, *REQUESTS["hops"]).body)
    assert arrived["HTTP_X_STAYS"] == "1" and arrived["HTTP_HOST"] == "system.example"
    assert not arrived.keys() & {"HTTP_X_GONE", "HTTP_PROXY_AUTHORIZATION", "HTTP_TE", "HTTP_UPGRADE", "HTTP_PROXY"}
    assert "HTTP_X_EVIL" not in json.loads(ask(places.gateway.port, *REQUESTS["path"]).body)


FORWARDED = (
    "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n"
    "Forwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n"
)


def forwarding(answer: Answer) -> dict[str, Any]:
    arrived = json.loads(answer.body)
    return {name: value for name, value in arrived.items() if "FORWARDED" in name or "REAL" in name} | {
        "secure": arrived["secure"]
    }


def test_what_a_stranger_says_of_whom_it_speaks_for_is_not_believed(places: Places) -> None:
    assert forwarding(get(places.home.port, "/odd/forwarding", FORWARDED)) == {"secure": False}
    assert forwarding(get(places.gateway.port, "/odd/forwarding", FORWARDED)) == {
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "http",
        "HTTP_X_FORWARDED_HOST": "system.example",
        "secure": False,
    }


def test_what_a_proxy_of_ours_says_goes_on_with_what_we_add(places: Places) -> None:
    assert forwarding(get(places.trusting.port, "/odd/forwarding", FORWARDED)) == {
        "HTTP_X_FORWARDED_FOR": "6.6.6.6, 127.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "evil",
        "HTTP_FORWARDED": "for=6.6.6.6, for=127.0.0.1;proto=https",
        "HTTP_X_REAL_IP": "6.6.6.6",
        "secure": True,
    }


SENT = "Cookie: " + "; ".join(f"{name}={'a' * 32}" for name in COOKIES) + "\r\n"


@pytest.mark.parametrize(
    ("path", "passed"),
    [("/odd/cookies", {*COOKIES} - {"seam_sessionid"}), ("/api/v1/odd/cookies", {"theme"})],
)
def test_a_session_stays_with_its_deployable_and_the_api_has_none(places: Places, path: str, passed: set[str]) -> None:
    answer = get(places.gateway.port, path, SENT)
    assert json.loads(answer.body).keys() == passed
    assert {cookie.partition("=")[0] for cookie in answer.values("set-cookie")} == passed
    for cookie in answer.values("set-cookie"):
        assert cookie.endswith("=new; HttpOnly; Path=/; SameSite=Lax")


def test_the_api_has_no_cookies_of_ours_at_home_either(places: Places) -> None:
    answer = get(places.home.port, "/api/v1/odd/cookies", SENT)
    assert json.loads(answer.body).keys() == {"theme", "service_sessionid"}
    assert {cookie.partition("=")[0] for cookie in answer.values("set-cookie")} == {"theme", "service_sessionid"}


@pytest.mark.parametrize("query", ["", "&length"])
def test_a_long_answer_is_never_whole_in_memory(places: Places, query: str) -> None:
    get(places.gateway.port, "/odd/long?pieces=10")
    workers = [*places.gateway.workers, *places.service.workers]
    before = sum(worker.memory_info().rss for worker in workers)
    pieces = 400 * MEGABYTE // len(PIECE)
    line = f"GET /odd/long?pieces={pieces}{query} HTTP/1.1\r\n{HEAD}\r\n".encode()
    received, most = 0, 0
    with socket.create_connection(("127.0.0.1", places.gateway.port), timeout=30) as connection:
        connection.sendall(line)
        while piece := connection.recv(MEGABYTE):
            if received // (20 * MEGABYTE) != (received + len(piece)) // (20 * MEGABYTE):
                most = max(most, sum(worker.memory_info().rss for worker in workers))
            received += len(piece)
    assert received > 400 * MEGABYTE
    assert most - before < 24 * MEGABYTE


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("query", ["", "?length"])
def test_an_answer_that_breaks_off_does_not_look_whole(places: Places, version: str, query: str) -> None:
    answer = ask(places.gateway.port, f"GET /odd/broken{query} HTTP/{version}")
    assert " 200 " in answer.head[0]
    assert not answer.is_whole


def test_a_service_that_is_killed_breaks_its_answers_off() -> None:
    with Place() as service, Place(service.url) as gateway:
        for place in (service, gateway):
            place.until_ready()
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
            connection.sendall(f"GET /odd/long?pieces=100000 HTTP/1.1\r\n{HEAD}\r\n".encode())
            assert connection.recv(MEGABYTE).startswith(b"HTTP/1.1 200 ")
            service.kill()
            with pytest.raises(ConnectionResetError):
                while connection.recv(MEGABYTE):
                    pass
        assert " 503 " in get(gateway.port, "/odd/empty").head[0]


def test_who_hangs_up_leaves_no_slot_taken(places: Places) -> None:
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", places.gateway.port), timeout=30) as connection:
            connection.sendall(f"GET /odd/long?pieces=100000 HTTP/1.1\r\n{HEAD}\r\n".encode())
            assert connection.recv(1000)
    eventually(lambda: get(places.gateway.port, "/odd/empty").head[0], lambda line: " 200 " in line)
