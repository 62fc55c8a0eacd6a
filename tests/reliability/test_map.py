"""The map as a document: what it says of neighbours that are silent, hostile or of another version, and how it lies."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings

from seamline import topology
from seamline.databases import availability
from seamline.operations.system_map import document, figures, layout, neighbours
from seamline.topology import Topology

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
HEALTH = {
    "service": "depots-service",
    "versions": {"runtime": "0.9.0"},
    "modules": {"depots": {"here": True, "outbox": {"waiting": 0}}},
}
METRICS = """
# HELP contract_call_seconds Time.
# TYPE contract_call_seconds histogram
contract_call_seconds_bucket{caller="depots",operation="notes/v1/about",outcome="ok",le="0.1"} 2.0
contract_call_seconds_bucket{caller="depots",operation="notes/v1/about",outcome="ok",le="+Inf"} 3.0
contract_call_seconds_count{caller="depots",operation="notes/v1/about",outcome="ok"} 3.0
contract_call_seconds_sum{caller="depots",operation="notes/v1/about",outcome="ok"} 0.5
contract_call_seconds_bucket{caller="depots",operation="notes/v1/about",outcome="unavailable",le="+Inf"} 1.0
contract_call_seconds_count{caller="depots",operation="notes/v1/about",outcome="unavailable"} 1.0
contract_call_seconds_count{caller="-",operation="notes.events/v1/deliver",outcome="ok"} 9.0
contract_call_seconds_count{caller="<b>",operation="depots/v1/room",outcome="ok"} 9.0
# TYPE events_waiting gauge
events_waiting{module="depots",subscriber="notes"} 7.0
# TYPE events_dead gauge
events_dead{module="depots",subscriber="notes"} 2.0
# TYPE sagas_unfinished gauge
sagas_unfinished{module="depots",saga="move",state="running"} 4.0
# TYPE runtime_info gauge
runtime_info{service="depots-service",version="0.9.0",instance="there:1"} 1.0
"""


@contextmanager
def answering(pages: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    """A deployable that answers these pages, each with a status and a body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = pages.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def drawn() -> Iterator[Any]:
    """Draws the map while `depots` lives at an address."""
    before = topology.current()

    def draw(url: str) -> dict[str, Any]:
        topology.use(Topology(before.here, {**before.moved, "depots": url}, before.gateway))
        found: dict[str, Any] = json.loads(json.dumps(document.draw()))
        return found

    yield draw
    topology.use(before)


def module(drawn: dict[str, Any], name: str = "depots") -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in drawn["modules"] if each["name"] == name)
    return found


def edge(drawn: dict[str, Any], kind: str, source: str, target: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in drawn[kind] if (e["source"], e["target"]) == (source, target))
    return found


def test_what_a_neighbour_counts_is_on_the_map(drawn: Any) -> None:
    with answering({"/health": (200, json.dumps(HEALTH).encode()), "/metrics": (200, METRICS.encode())}) as url:
        shown = drawn(url)
    depots = module(shown)
    assert (depots["status"], depots["place"], depots["service"], depots["runtime"]) == (
        *("up", url, "depots-service", "0.9.0"),
    )
    [counted] = edge(shown, "calls", "depots", "notes")["counted"]
    assert (counted["instance"], counted["operation"], counted["outcomes"], counted["buckets"]) == (
        *("there:1", "about", {"ok": 3, "unavailable": 1}, {"0.1": 2, "+Inf": 4}),
    )
    backlog = edge(shown, "events", "depots", "notes")
    assert (backlog["undelivered"], backlog["dead"]) == (7, 2)
    assert {"module": "depots", "name": "move", "state": "running", "number": 4, "oldest_seconds": 0} in shown["sagas"]
    # Neither the runtime's own calls, nor what is no module's name.
    assert not {"-", "<b>"} & {each["source"] for each in shown["calls"]}


@pytest.mark.parametrize(
    ("pages", "says"),
    {
        "another program": ({"/health": (200, b"<html>hello")}, "/health is not what a runtime answers"),
        "another shape": ({"/health": (200, b'{"modules": 7}')}, "/health is not what a runtime answers"),
        "no such page": ({}, "/health was answered with 404"),
        "endless": ({"/health": (200, b" " * (neighbours.MAX_HEALTH_BYTES + 100_000))}, "has more than 1048576 bytes"),
        "without the module": ({"/health": (200, b'{"service": "x"}')}, "x has no such module"),
        "database away": (
            {"/health": (200, b'{"modules": {"depots": {"here": true, "outbox": null}}}')},
            "its database does not answer",
        ),
    }.values(),
)
def test_one_that_will_not_do_is_down_and_it_is_said_why(drawn: Any, pages: Any, says: str) -> None:
    with answering(pages) as url:
        depots = module(drawn(url))
    assert depots["status"] == "down"
    assert says in depots["why"]


def test_bad_metrics_cost_the_figures_alone(drawn: Any) -> None:
    pages = {"/health": (200, json.dumps(HEALTH).encode()), "/metrics": (200, b"contract_call_seconds{ oh")}
    with answering(pages) as url:
        depots = module(drawn(url))
    assert (depots["status"], depots["why"]) == ("up", "/metrics is not what a runtime answers")


def test_one_that_is_silent_holds_nobody_up_for_long(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "WAIT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        depots = module(drawn(url))
        asked = neighbours._under_way[url]
        assert (depots["status"], asked.done()) == ("down", False)
        assert "has not answered within" in depots["why"]
        drawn(url)
        assert neighbours._under_way[url] is asked, "it is asked once, and not by every looker"


def test_one_that_cannot_be_reached_is_down(drawn: Any) -> None:
    assert module(drawn("http://127.0.0.1:1"))["why"].startswith("cannot be reached")


def test_a_module_whose_database_is_away_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "away", lambda: ["parcels"])
    parcels = module(document.draw(), "parcels")
    assert (parcels["status"], parcels["why"]) == ("down", "its database does not answer")


def test_one_whose_place_nobody_knows_is_unlocated(monkeypatch: pytest.MonkeyPatch) -> None:
    before = topology.current()
    topology.use(Topology(before.here - {"depots"}))
    try:
        assert module(document.draw())["status"] == "unlocated"
    finally:
        topology.use(before)


def test_figures_of_what_is_not_there_are_none() -> None:
    assert figures.parse("") == figures.Figures()


NAMES = tuple(f"module_{number:03}" for number in range(100))
TIES = tuple(
    (name, NAMES[(number * 7 + step) % 100], kind)
    for number, name in enumerate(NAMES)
    for step, kind in ((1, "calls"), (13, "calls"), (3, "events"))
)


def test_a_hundred_modules_in_circles_do_not_cover_each_other() -> None:
    picture = layout.lay_out(NAMES, TIES)
    assert {box.name for box in picture.boxes} == {*NAMES}
    assert len(picture.lines) == len({tie for tie in TIES if tie[0] != tie[1]})
    places = sorted((box.x, box.y) for box in picture.boxes)
    for (x, y), (other_x, other_y) in pairwise(places):
        assert other_x - x >= layout.WIDTH or other_y - y >= layout.HEIGHT
    assert all(0 <= box.x <= picture.width - layout.WIDTH for box in picture.boxes)
    assert all(0 <= box.y <= picture.height - layout.HEIGHT for box in picture.boxes)


def test_the_same_modules_lie_the_same_in_whatever_order_they_come() -> None:
    assert layout.lay_out(NAMES[::-1], TIES[::-1]) == layout.lay_out(NAMES, TIES)


def test_who_calls_stands_left_of_whom_it_calls() -> None:
    ties = (("a", "b", "calls"), ("b", "c", "calls"), ("c", "a", "events"))
    at = {box.name: box.x for box in layout.lay_out(("c", "b", "a"), ties).boxes}
    assert at["a"] < at["b"] < at["c"]
