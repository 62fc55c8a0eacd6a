"""A module that left for good: known by the manifest that it left, and by nothing else."""

import json
import time
from collections.abc import Iterator
from typing import Any

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client, RequestFactory
from django.urls import URLPattern

from contracts.parcels import ParcelSent
from seamline import audit, module, topology
from seamline.calls import call
from seamline.configuration import keys
from seamline.context import Context, entered
from seamline.contract import Unavailable
from seamline.databases import cursor
from seamline.events import subscriptions
from seamline.events.mailbox import mailbox
from seamline.http import extracted
from seamline.http.gateway import Gateway
from seamline.http.middleware import module_of
from seamline.module import ExtractedModule
from seamline.topology import Topology
from tests.contracts.test_gateway import saying
from tests.contracts.test_resilience import served_by

PENS = ExtractedModule(
    name="pens",
    summary="Pens.",
    subscribes=(ParcelSent,),
    routes=("api/v1/pens/<str:pen>", r"^pens/(?P<year>[0-9]{4})\Z", "static/pens/<path:path>"),
)


@pytest.fixture
def pens(settings: Any) -> Iterator[None]:
    settings.EXTRACTED_MODULES = {"pens": PENS}
    module.extracted.cache_clear()
    yield
    module.extracted.cache_clear()


def found(path: str) -> URLPattern | None:
    return next((pattern for pattern in extracted.patterns(PENS) if pattern.resolve(path)), None)


@pytest.mark.parametrize("path", ["api/v1/pens/blue", "pens/1888", "static/pens/a/b.css"])
def test_its_addresses_are_its_own(path: str) -> None:
    pattern = found(path)
    assert pattern and module_of(pattern.callback) == "pens"
    answer: HttpResponse = pattern.callback(RequestFactory().get(f"/{path}"))
    assert (answer.status_code, json.loads(answer.content)["data"]) == (503, {"module": "pens"})


def test_its_addresses_are_open_to_clients_that_are_no_browsers() -> None:
    pattern = found("api/v1/pens/blue")
    assert pattern
    checks = CsrfViewMiddleware(lambda _: HttpResponse())
    assert checks.process_view(RequestFactory().post("/"), pattern.callback, (), {}) is None


def test_what_it_does_not_answer_is_not_passed_on() -> None:
    assert found("api/v1/pens") is None
    assert found("pens/88") is None


def test_the_gateway_passes_its_requests_on() -> None:
    pattern, routes = found("api/v1/pens/blue"), topology.current()
    assert pattern
    with served_by(saying("204 No Content")):
        url = next(iter(topology.current().moved.values()))
        topology.use(Topology(routes.here, {"pens": url}))
        try:
            with entered(Context(deadline=time.monotonic() + 5)):
                answer = Gateway(lambda _: HttpResponse()).process_view(RequestFactory().get("/"), pattern.callback)
        finally:
            topology.use(routes)
    assert answer is not None and answer.status_code == 204


def test_its_endpoints_are_documented_and_its_types_are_not_mistaken_for_others() -> None:
    pen, ours, theirs = {"type": "string"}, {"type": "object"}, {"type": "array"}
    of_both = {"paths": {"/a": {}}, "components": {"schemas": {"Pen": pen, "Box": ours}, "securitySchemes": {"s": {}}}}
    reference = "#/components/schemas/"
    own = {
        "paths": {"/pens": {"pen": f"{reference}Pen", "box": f"{reference}Box", "boxes": f"{reference}Boxes"}},
        "components": {"schemas": {"Pen": pen, "Box": theirs, "Boxes": pen}, "securitySchemes": {"s": {}}},
    }
    extracted.add(of_both, "fountain_pens", json.dumps(own))
    assert of_both["paths"]["/pens"] == {
        "pen": f"{reference}Pen",
        "box": f"{reference}FountainPensBox",
        "boxes": f"{reference}Boxes",
    }
    assert of_both["components"]["schemas"] == {"Pen": pen, "Box": ours, "FountainPensBox": theirs, "Boxes": pen}


def test_production_has_to_be_told_where_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="PENS_URL"):
        keys.refuse_incomplete(environ.Env(), [], [PENS])
    monkeypatch.setenv("PENS_URL", "http://pens:8000")
    with pytest.raises(ImproperlyConfigured) as refused:
        keys.refuse_incomplete(environ.Env(), [], [PENS])
    assert "PENS_URL" not in str(refused.value)


@pytest.mark.django_db(databases=["default", *module.active()])
def test_a_new_publisher_expects_it_and_operators_are_told_of_it(pens: None, client: Client) -> None:
    with cursor("parcels") as sql:
        sql.execute("DELETE FROM seamline_subscription")
        subscriptions.expect("parcels")
        sql.execute("SELECT event FROM seamline_subscription WHERE subscriber = 'pens'")
        assert sql.fetchall() == [(ParcelSent.event_name,)]
    assert client.get("/health").json()["modules"]["pens"] == {
        "here": False,
        "settings": {},
        "outbox": None,
        "owner": None,
        "unheard_by": [],
    }
    assert audit.run().elsewhere == {"pens": audit.report.NO_ADDRESS}


def test_until_its_address_is_set_it_is_away(pens: None) -> None:
    with pytest.raises(Unavailable):
        call(mailbox("pens")).ping()
