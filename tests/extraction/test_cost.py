"""What leaving would cost: what crosses the border, where, and the time that it takes."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from prometheus_client import REGISTRY

from contracts.orders import Orders
from extraction.cost import traffic
from extraction.processes import boot
from seamline import context
from seamline.calls import call
from seamline.context import Context
from seamline.contract import DeadlineExceeded
from seamline.events.mailbox import mailbox
from seamline.http.middleware import RequestContext
from seamline.module import Job
from seamline.observability import metrics
from seamline.testing import fake_contract
from seamline.work import jobs
from tests.extraction.miniature import Monolith

PENS = "src/modules/pens"
PING = "catalog.events/v1/ping"
METRICS = """\
# TYPE http_request_seconds histogram
http_request_seconds_count{method="POST",route="/pens",status="201"} 8
http_request_seconds_count{method="POST",route="/pens",status="409"} 2
http_request_seconds_count{method="GET",route="/pens",status="200"} 100
# TYPE contract_calls counter
contract_calls_total{caller="pens",operation="ink/v1/colour",origin="POST /pens"} 20
contract_calls_total{caller="pens",operation="ink/v1/mix",origin="POST /pens"} 5
contract_calls_total{caller="pens",operation="paper/v1/sheet",origin="POST /pens"} 1
contract_calls_total{caller="paper",operation="pens/v1/pen",origin="GET /paper"} 7
contract_calls_total{caller="ink",operation="pens.events/v1/deliver",origin="-"} 3
contract_calls_total{caller="pens",operation="ink/v1/mix",origin="job refill"} 4
contract_calls_total{caller="pens",operation="pens/v1/pen",origin="POST /pens"} 1
"""


@pytest.fixture
def busy(monolith: Monolith) -> Monolith:
    """`pens` commands `ink` in all the ways there are."""
    monolith.write(
        f"{PENS}/service.py",
        "from contracts.ink import Ink\nfrom contracts.pens import PenBought\nfrom seamline.calls import call\n"
        "from seamline.events import publish\n\n"
        "def refill():\n    ink = call(Ink, timeout=1.0)\n    ink.mix()\n\n"
        "def bought():\n    publish(PenBought('a'))\n",
    )
    monolith.write(f"{PENS}/api.py", "from modules.pens import service\n\nclass View:\n    post = service.refill\n")
    monolith.write(f"{PENS}/jobs.py", "from modules.pens.service import refill\n\ndef all():\n    refill()\n")
    monolith.write(f"{PENS}/handlers.py", "from functools import partial\n\ndef on_ink_mixed(event): ...\n")
    monolith.write(
        f"{PENS}/tests/test_ink.py",
        "from contracts.ink import Ink\nfrom seamline.calls import call\n\ncall(Ink).mix()\n",
    )
    return monolith


def told(monolith: Monolith, *arguments: str | Path) -> dict[str, Any]:
    done = monolith.run("cost", *arguments, "--json")
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.output)
    return said


def test_calls_are_told_by_operation_place_and_work(busy: Monolith) -> None:
    calls = told(busy, "pens")["calls_out"]
    assert calls == told(busy, "ink")["calls_in"]
    assert [(c["operation"], c["kind"], c["path"], c["line"], c["within"]) for c in calls] == [
        ("ink/v1/colour", "query", f"{PENS}/queries.py", 5, ["call"]),
        ("ink/v1/mix", "command", f"{PENS}/service.py", 8, ["job", "request"]),
    ]


def test_events_and_the_size_of_the_code_are_told(busy: Monolith) -> None:
    said = told(busy, "pens")
    assert said["events_out"] == [{"event": "PenBought", "places": [f"{PENS}/service.py:11"], "heard_by": []}]
    assert said["events_in"] == [{"event": "InkMixed", "told_by": "ink", "place": f"{PENS}/handlers.py:3"}]
    assert said["code"] == {"files": 8, "lines": 45, "test_files": 3, "test_lines": 5, "migrations": 0}
    assert said["traffic"] is None
    heard = told(busy, "ink")["events_out"]
    assert [(event["event"], event["heard_by"]) for event in heard] == [("InkDried", []), ("InkMixed", ["pens"])]


def test_a_saga_runs_its_steps_in_a_request_only_where_it_is_run_there(busy: Monolith) -> None:
    busy.write(
        f"{PENS}/sagas.py",
        "from seamline.work import Saga\nfrom modules.pens.service import refill\n\nFILL = Saga(steps=(refill,))\n",
    )
    busy.write("src/seamline/work.py", "class Saga: ...\n")
    busy.write(f"{PENS}/jobs.py", "")
    for done, within in (("wake", ["saga"]), ("run_started", ["request", "saga"])):
        busy.write(f"{PENS}/api.py", f"from modules.pens.sagas import FILL\n\ndef post():\n    FILL.{done}(1)\n")
        assert told(busy, "pens")["calls_out"][-1]["within"] == within


def test_traffic_is_told_by_route_and_in_milliseconds(monolith: Monolith, tmp_path: Path) -> None:
    pages = [tmp_path / "one", tmp_path / "another"]
    for page in pages:
        page.write_text(METRICS)
    said = told(monolith, "pens", "--traffic", pages[0], "--traffic", pages[1], "--round-trip", "2")["traffic"]

    # 20 and 5 to ink, 1 to paper, for 10 requests; both pages say so.
    [posted, delivered, asked, job] = said["origins"]
    assert (posted["origin"], posted["requests"]) == ("POST /pens", 20)
    assert posted["added_ms"] == pytest.approx(2 * 2.6)
    assert [(call["operation"], call["number"]) for call in posted["calls"]] == [
        ("ink/v1/colour", 40),
        ("ink/v1/mix", 10),
        ("paper/v1/sheet", 2),
    ]
    assert [one["origin"] for one in (delivered, asked, job)] == ["-", "GET /paper", "job refill"]
    assert [one["added_ms"] for one in (delivered, asked, job)] == [None, None, None]
    assert any("one after the other" in line for line in said["assumptions"])


def test_all_of_it_is_told_to_a_reader(busy: Monolith, tmp_path: Path) -> None:
    (tmp_path / "page").write_text(METRICS)
    done = busy.run("cost", "pens", "--traffic", tmp_path / "page", "--round-trip", "1")
    assert done.exit_code == 0, done.output
    for line in (
        "pens: 45 lines in 8 files; tests: 5 in 3; migrations: 0",
        "calls out: operations: 2, places: 2",
        f"ink/v1/mix     command  job, request   {PENS}/service.py:8",
        "calls in: operations: 0, places: 0",
        "PenBought  nobody    src/modules/pens/service.py:11",
        "POST /pens               10        2.60        +2.60 ms",
        "  pens → ink/v1/colour             2.00",
        "job refill  4      pens → ink/v1/mix",
        "- Calls are made one after the other",
    ):
        assert f"\n{line}" in f"\n{done.output}", done.output
    assert "python -m extraction cost pens" in busy.run("check", "pens").output


@pytest.fixture
def metrics_url() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(METRICS.encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_traffic_is_read_from_a_server(monolith: Monolith, metrics_url: str) -> None:
    assert told(monolith, "ink", "--traffic", f"{metrics_url}/metrics")["traffic"]["round_trip_ms"] == 0.4
    done = monolith.run("cost", "ink", "--traffic", metrics_url)
    assert done.exit_code == 1
    assert done.output == f"error: {metrics_url}: answers 404; {traffic.WANTED}\n"


def test_traffic_of_a_server_that_is_not_there(monolith: Monolith) -> None:
    url = f"http://{boot.HOST}:{boot.free_port()}/metrics"
    done = monolith.run("cost", "pens", "--traffic", url)
    assert done.exit_code == 1
    assert done.output == f"error: {url}: nothing answers there; {traffic.WANTED}\n"


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (None, "No such file"),
        ("{", "no text of metrics"),
        ("up 1\n", "no contract_calls_total is there"),
        ("http_request_seconds_count 1\n", "http_request_seconds_count has no label 'method'"),
        ("\0\xff", ""),
    ],
)
def test_traffic_that_cannot_be_read(page: str | None, says: str, monolith: Monolith, tmp_path: Path) -> None:
    if page is not None:
        (tmp_path / "page").write_text(page)
    done = monolith.run("cost", "pens", "--traffic", tmp_path / "page")
    assert done.exit_code == 1
    assert done.output.startswith(f"error: {tmp_path / 'page'}: ") and says in done.output
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("arguments", [("paper",), ("pens", "--round-trip", "0"), ("pens", "--round-trip", "nan"), ()])
def test_wrong_usage(arguments: tuple[str, ...], monolith: Monolith) -> None:
    assert monolith.run("cost", *arguments).exit_code == 2


def test_what_cannot_be_read_is_told_in_its_place(monolith: Monolith) -> None:
    monolith.write(f"{PENS}/extra.py", "def f(:\n")
    done = monolith.run("cost", "pens")
    assert done.exit_code == 1
    assert done.output.startswith(f"{PENS}/extra.py:1: [syntax]")


def counted(origin: str, caller: str = "orders") -> float:
    labels = {"origin": origin, "caller": caller, "operation": PING}
    return REGISTRY.get_sample_value("contract_calls_total", labels) or 0.0


def ping() -> None:
    call(mailbox("catalog")).ping()


def test_calls_are_counted_by_what_they_were_made_for() -> None:
    with context.entered(Context(module="orders", origin="GET /somewhere")):
        ping()
        ping()
        with pytest.raises(DeadlineExceeded):
            call(mailbox("catalog"), timeout=1e-9).ping()
    metrics.flush()
    metrics.flush()
    assert counted("GET /somewhere") == 3


class Asking:
    """Stands in for a contract, and asks another for whatever it is asked."""

    def __getattr__(self, name: str) -> Callable[..., tuple[()]]:
        def answer(*_: object) -> tuple[()]:
            ping()
            return ()

        return answer


def test_calls_of_the_called_module_were_made_for_the_same() -> None:
    with context.entered(Context(module="users", origin="GET /nested")), fake_contract(Orders, Asking()):
        call(Orders).orders(())
    metrics.flush()
    assert counted("GET /nested", caller="orders") == 1


def test_another_threads_calls_are_counted_too() -> None:
    def work() -> None:
        with context.entered(Context(module="orders", origin="job in a thread")):
            ping()
        metrics.flush()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted("job in a thread") == 4


def test_a_request_is_known_by_its_route(rf: RequestFactory) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        from django.urls import resolve

        request.resolver_match = found = resolve("/api/v1/orders")
        middleware.process_view(request, found.func)
        ping()
        return HttpResponse()

    middleware = RequestContext(answer)
    before = counted("POST /api/v1/orders")
    middleware(rf.post("/api/v1/orders"))
    assert counted("POST /api/v1/orders") == before + 1


@pytest.mark.django_db(databases=list(settings.DATABASES))
def test_a_job_is_known_by_its_name() -> None:
    jobs.run(jobs.Task("orders", "ping_others", Job("ping_others", every=60.0), ping))
    assert counted("job ping_others") == 1
