"""Who may call whom: what a deployable with a good key of its own may not do with it."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from prometheus_client import REGISTRY

from contracts.depots import Depots, Room
from contracts.notes import Note, Notes
from contracts.parcels import ParcelSent
from seamline import topology
from seamline.calls import call, service_tokens
from seamline.configuration.service_keys import development_key
from seamline.context import Context, entered
from seamline.contract import Unavailable
from tests.contracts.probe import Probe
from tests.contracts.service_calls import command, post, signed

pytestmark = pytest.mark.django_db(databases=["parcels", "depots", "notes"])
ENLARGE = json.dumps({"depot": "north", "by": 3}).encode()
QUERY = json.dumps({"depot": "north"}).encode()


def refused(event: str) -> float:
    return REGISTRY.get_sample_value("service_calls_refused_total", {"event": event, "module": "depots"}) or 0.0


def ask(issuer: str, module: str | None, path: str = "depots/v1/room", body: bytes = QUERY, **claims: Any) -> int:
    audience = f"module:{path.partition('/')[0].partition('.')[0]}"
    token = signed(iss=issuer, sub=module, aud=audience, **claims)
    return post(body, f"/_contracts/{path}", HTTP_AUTHORIZATION=f"Bearer {token}")[0]


@pytest.fixture(autouse=True)
def a_depot() -> Iterator[None]:
    call(Depots).enlarge("north", 1)
    # The endpoint ends a request as Django does, and the test's transaction lives on the connections.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_a_module_calls_what_its_manifest_says_and_nothing_else() -> None:
    before = refused("service_call_denied")
    assert command("parcels-service", "parcels", "depots/v1/enlarge", ENLARGE)[0] == 200
    assert ask("parcels-service", "parcels") == 200
    status, problem = command("notes-service", "notes", "depots/v1/enlarge", ENLARGE)
    assert (status, problem["code"]) == (403, "contracts.denied")
    assert ask("notes-service", "notes") == 403
    assert call(Depots).room("north") == Room("north", free=4, taken=0)
    assert refused("service_call_denied") == before + 2


def test_a_deployable_speaks_for_the_modules_that_live_there_alone() -> None:
    assert command("notes-service", "parcels", "depots/v1/enlarge", ENLARGE)[0] == 403
    assert ask("notes-service", None) == 403
    assert ask("notes-service", "parcels", obo="parcels-service") == 403, "it is no gateway"
    assert ask("seam", "parcels", obo="parcels-service") == 200, "that is one"


def test_who_calls_without_a_manifest_here_is_a_setting(settings: Any) -> None:
    assert ask("notes-service", "notes") == 403
    settings.SERVICE_CALLERS = {"depots": frozenset({"notes"})}
    assert ask("notes-service", "notes") == 200


def test_what_a_module_states_for_audits_is_for_gateways() -> None:
    body = json.dumps({"kind": "nothing"}).encode()
    assert ask("parcels-service", "parcels", "depots.audit/v1/facts", body) == 403
    assert ask("seam", None, "depots.audit/v1/facts", body) == 404


def deliver(issuer: str, module: str) -> int:
    parcel = uuid4()
    envelope = {
        "id": str(uuid4()),
        "name": ParcelSent.event_name,
        "payload": json.dumps({"parcel_id": str(parcel), "depot": "north"}),
        "request_id": "made-up-1",
        "traceparent": None,
    }
    body = json.dumps({"envelopes": [envelope]}).encode()
    status, _ = command(issuer, module, "notes.events/v1/deliver", body)
    noted = call(Notes).about(parcel)
    assert noted == ((Note(parcel, "Sent to north"),) if status == 200 else ())
    return status


def test_an_event_is_delivered_by_the_module_that_publishes_it() -> None:
    assert deliver("parcels-service", "parcels") == 200
    assert deliver("depots-service", "depots") == 403
    assert deliver("depots-service", "parcels") == 403
    assert deliver("seam", "depots") == 403, "a gateway says for whom it passes it on"
    assert deliver("seam", "parcels") == 200


def test_a_module_subscribes_for_itself() -> None:
    body = json.dumps({"subscriber": "notes", "events": [ParcelSent.event_name]}).encode()
    assert command("depots-service", "depots", "parcels.events/v1/subscribe", body)[0] == 403
    assert command("notes-service", "notes", "parcels.events/v1/subscribe", body)[0] == 200


def test_the_token_of_a_command_is_good_for_that_command_alone() -> None:
    path, key = "depots/v1/enlarge", "first"
    bound = service_tokens.digest_of(path, key, "", ENLARGE)
    assert command("parcels-service", "parcels", path, ENLARGE, key, req=bound)[0] == 200
    assert command("parcels-service", "parcels", path, ENLARGE, key, req=bound)[0] == 200, "an honest repeat"
    assert call(Depots).room("north").free == 4
    more = json.dumps({"depot": "north", "by": 1000}).encode()
    for other_path, other_key, body in ((path, key, more), (path, "second", ENLARGE), ("depots/v1/room", key, QUERY)):
        assert command("parcels-service", "parcels", other_path, body, other_key, req=bound)[0] == 401
    assert command("parcels-service", "parcels", path, ENLARGE, "third", req=None)[0] == 401, "the token of a query"
    assert call(Depots).room("north").free == 4


def test_a_token_is_good_for_a_minute_and_no_longer() -> None:
    now = int(time.time())
    assert ask("parcels-service", "parcels", exp=now + 61, iat=now) == 401
    assert ask("parcels-service", "parcels", iat=now - 70, exp=now - 10) == 401


def test_a_gateway_asks_who_calls_before_it_passes_a_call_on(probe_url: str, settings: Any) -> None:
    settings.SERVICE_CALLERS = {"depots.probe": frozenset({"parcels"})}
    before = topology.current()
    topology.use(topology.Topology(before.here, {"depots": probe_url}))
    try:
        assert ask("parcels-service", "parcels", "depots.probe/v1/text", b'{"text": "hello"}') == 200
        assert command("parcels-service", "parcels", "depots.probe/v1/touch", b"{}")[0] == 200
        assert ask("notes-service", "notes", "depots.probe/v1/text", b'{"text": "hello"}') == 403
        assert command("notes-service", "notes", "depots.probe/v1/touch", b"{}")[0] == 403
        unbound = command("parcels-service", "parcels", "depots.probe/v1/touch", b"{}", req=None)
        assert unbound[0] == 503, "the module refuses what no caller has bound, and the gateway binds nothing itself"
    finally:
        topology.use(before)


def test_a_call_that_is_denied_is_a_module_that_is_away(probe_url: str, settings: Any) -> None:
    before = topology.current()
    topology.use(topology.Topology(before.here, {"depots": probe_url}))
    settings.SERVICE_NAME, settings.SERVICE_PRIVATE_KEYS = "notes-service", (development_key("notes-service"),)
    service_tokens._signed.clear()
    try:
        with entered(Context(module="notes")), pytest.raises(Unavailable):
            call(Probe).touch()
    finally:
        service_tokens._signed.clear()
        topology.use(before)
