"""What the server does with those who are slow, with those who do not let go, and with a module that hangs.

What these tests hold is the order of things: who is answered while others still wait, not after how long.
"""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from seamline.calls import service_tokens
from tests.client import Client
from tests.processes import Deployable, Yard
from tests.raw import Raw, all_silent, request
from tests.waiting import eventually

NOBODY = {"email": "nobody@example.com", "password": "none"}
SLOW_BODY = (
    request("POST /api/v1/notes/token", "Content-Type: application/json", "Content-Length: 900000") + b"x" * 1000
)


@pytest.fixture(scope="module")
def served(the_yard: Yard, the_system: Path) -> Iterator[Deployable]:
    with the_yard.deployable("threads", the_system, WEB_THREADS="2", REQUEST_BUFFER_KIB="1") as deployable:
        yield deployable.start()
        deployable.stop()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def many(stack: ExitStack, number: int, url: str, said: bytes = b"") -> list[Raw]:
    return [stack.enter_context(Raw(url, said)) for _ in range(number)]


def afresh(deployable: Deployable) -> Client:
    """A client that has no connection yet."""
    return deployable.client.afresh()


def assert_it_serves(deployable: Deployable) -> None:
    client = afresh(deployable)
    client.page("/health/live").expect(200)
    client.page("/health/ready").expect(200)
    client.get("/parcels").expect(200)
    client.post("/notes/token", NOBODY).refused(401)


def test_silent_and_half_sent_connections_keep_nobody_waiting(served: Deployable, stack: ExitStack) -> None:
    silent = many(stack, 200, served.url)
    heads = many(stack, 25, served.url, b"GET /api/v1/parcels HTTP/1.1\r\nHost: sh")
    bodies = many(stack, 25, served.url, request("POST /api/v1/notes/token", "Content-Length: 100") + b"{")
    assert_it_serves(served)
    assert all_silent([*silent, *heads, *bodies])


@pytest.mark.parametrize("path", ["/api/v1/parcels", "/health/ready", "/_contracts/parcels/v1/parcel"])
def test_a_request_that_names_no_host_is_refused(served: Deployable, path: str, stack: ExitStack) -> None:
    status, headers, body = stack.enter_context(Raw(served.url, f"GET {path} HTTP/1.1\r\n\r\n".encode())).answer()
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["detail"] == "Host is missing"
    assert stack.enter_context(Raw(served.url, b"GET /health/live HTTP/1.0\r\n\r\n")).status() == 200


def test_slow_bodies_leave_threads_for_the_rest(served: Deployable, stack: ExitStack) -> None:
    slow = many(stack, 10, served.url, SLOW_BODY)
    assert_it_serves(served)
    # Some may have been told by now to come back.
    assert any(one.heard_nothing() for one in slow)


def test_who_does_not_hang_up_keeps_nobody_waiting(served: Deployable, stack: ExitStack) -> None:
    clinging = many(stack, 10, served.url, request("GET /api/v1/parcels", "Connection: close"))
    for one in clinging:
        assert one.status() == 200
    assert_it_serves(served)


def test_connections_are_kept_as_long_and_as_many_as_is_said(
    the_yard: Yard, the_system: Path, stack: ExitStack
) -> None:
    with the_yard.deployable("crowded", the_system, WEB_CONNECTIONS="20", KEEPALIVE_SECONDS="5") as crowded:
        crowded.start()
        regular = stack.enter_context(Raw(crowded.url, request("GET /health/live")))
        assert regular.answer()[1]["connection"] == "keep-alive"
        silent = many(stack, 60, crowded.url)
        assert_it_serves(crowded)
        assert silent[0].stream.read() == b""
        assert regular.heard_nothing(), "who has been served is not closed for those who only connect"
        regular.say(request("GET /health/live"))
        assert regular.status() == 200
        assert regular.stream.read() == silent[-1].stream.read() == b""
        crowded.stop()


def test_requests_may_come_one_right_after_the_other(served: Deployable, stack: ExitStack) -> None:
    body = b'{"email": "nobody@example.com", "password": "none"}'
    login = request("POST /api/v1/notes/token", "Content-Type: application/json", body=body)
    hurried = stack.enter_context(Raw(served.url, (login + request("GET /health/live") + login) * 5))
    assert [hurried.status() for _ in range(15)] == [401, 200, 401] * 5


def test_an_old_client_is_answered_and_hung_up_on(served: Deployable, stack: ExitStack) -> None:
    old = stack.enter_context(Raw(served.url, b"GET /health/live HTTP/1.0\r\n\r\n"))
    status, headers, _ = old.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert old.stream.read() == b""


def test_who_asks_to_be_hung_up_on_among_other_things_is(served: Deployable, stack: ExitStack) -> None:
    leaving = stack.enter_context(Raw(served.url, request("GET /health/live", "Connection: TE, Close")))
    status, headers, _ = leaving.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert leaving.stream.read() == b""


def test_who_asks_whether_to_send_a_body_is_told_to(served: Deployable, stack: ExitStack) -> None:
    body = b'{"email": "nobody@example.com", "password": "none"}'
    head = request("POST /api/v1/notes/token", "Expect: 100-continue", f"Content-Length: {len(body)}")
    asking = stack.enter_context(Raw(served.url, head))
    assert asking.stream.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert asking.stream.readline() == b"\r\n"
    asking.say(body)
    assert asking.status() in (401, 415)


def test_who_sends_all_and_no_more_is_answered(served: Deployable, stack: ExitStack) -> None:
    done = stack.enter_context(Raw(served.url, request("GET /health/live")))
    done.socket.shutdown(socket.SHUT_WR)
    assert done.status() == 200


@contextmanager
def hung() -> Iterator[str]:
    """The address of a service that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_hung_service_keeps_neither_the_rest_waiting_nor_probes_nor_contract_calls(
    the_yard: Yard, the_system: Path, stack: ExitStack
) -> None:
    names = dict.fromkeys(("PARCELS_URL", "DEPOTS_URL"), stack.enter_context(hung()))
    with the_yard.deployable("hung", the_system, WEB_THREADS="2", REQUEST_TIMEOUT="60", **names) as monolith:
        monolith.launch().until_ready()
        client = afresh(monolith)
        parcels = many(stack, 5, monolith.url, request("GET /api/v1/parcels"))
        client.post("/notes/token", NOBODY).refused(401)
        assert all_silent(parcels), "they had their share of the threads"

        rooms = many(stack, 2, monolith.url, request("GET /api/v1/depots/north"))
        client.page("/health/live").expect(200)
        client.page("/health/ready").expect(200)
        assert late_call(stack, monolith).status() == 200
        assert any(one.heard_nothing() for one in parcels) and any(one.heard_nothing() for one in rooms)

        refused = afresh(monolith).get("/parcels")
        refused.refused(503, "call.rejected")
        assert refused.headers["Retry-After"]
        assert any(one.heard_nothing() for one in parcels), "the one that holds a thread still waits"


def late_call(stack: ExitStack, deployable: Deployable) -> Raw:
    """A contract call whose bytes come some time after its connection."""
    late = stack.enter_context(Raw(deployable.url))
    said = contract_call("notes/v1/about", {"parcel_id": str(uuid4())})
    for piece in (said[:20], said[20:-10], said[-10:]):
        time.sleep(0.1)
        late.say(piece)
    return late


def contract_call(operation: str, arguments: dict[str, str]) -> bytes:
    token = service_tokens.token_for(operation.partition("/")[0])
    headers = (f"Authorization: Bearer {token}", "Content-Type: application/json")
    return request(f"POST /_contracts/{operation}", *headers, body=json.dumps(arguments).encode())


def test_a_locked_table_never_holds_all_threads(the_yard: Yard, the_system: Path, stack: ExitStack) -> None:
    with the_yard.deployable("locked", the_system, WEB_THREADS="4", REQUEST_TIMEOUT="60") as monolith:
        monolith.start()
        assert_it_serves(monolith)
        database = f"{monolith.settings['DATABASE_PREFIX']}_parcels"
        lock = stack.enter_context(psycopg.connect(the_yard.database_url, dbname=database))
        lock.execute("LOCK TABLE parcels_parcel")
        held = many(stack, 8, monolith.url, request("GET /api/v1/parcels"))

        client = afresh(monolith)
        client.get("/depots/north").refused(404)
        client.post("/notes/token", NOBODY).refused(401)
        client.page("/health/live").expect(200)
        assert all_silent(held)

        told = eventually(lambda: [one for one in held if not one.heard_nothing()], bool)[0]
        status, headers, problem = told.answer()
        assert (status, json.loads(problem)["code"]) == (503, "call.rejected")
        assert json.loads(problem)["data"] == {"module": "parcels"}
        assert headers["retry-after"] and headers["x-request-id"]
        client.get("/parcels").refused(503, "call.rejected")
        assert any(one.heard_nothing() for one in held), "those who hold the threads still wait"

        calls = many(stack, 4, monolith.url, contract_call("parcels/v1/parcel", {"parcel_id": str(uuid4())}))
        assert late_call(stack, monolith).status() == 200
        told = eventually(lambda: [one for one in calls if not one.heard_nothing()], bool)[0]
        status, _, problem = told.answer()
        assert (status, json.loads(problem)["code"]) == (503, "call.rejected")

        lock.rollback()
        eventually(lambda: afresh(monolith).get("/parcels").status, lambda status: status == 200)
        monolith.stop()
