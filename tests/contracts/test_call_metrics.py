"""What Prometheus is told of calls from one module to another: the same, wherever the module lives."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from prometheus_client import REGISTRY

from seamline.calls import call
from seamline.calls.peers import Peer
from seamline.context import Context, entered
from seamline.contract import ContractError, Rejected
from seamline.observability import metrics
from tests.contracts.probe import MODULE, Probe
from tests.contracts.test_resilience import POLICY, hang_up, served_by

pytestmark = pytest.mark.django_db(databases=[MODULE])


def count(name: str, **labels: str) -> float:
    metrics.flush()
    return REGISTRY.get_sample_value(name, labels) or 0.0


def calls(operation: str, outcome: str, name: str = "count", **more: str) -> float:
    path = f"{MODULE}.probe/v1/{operation}"
    return count(f"contract_call_seconds_{name}", caller="parcels", operation=path, outcome=outcome, **more)


@pytest.mark.parametrize(
    ("operation", "make", "outcome"),
    [
        ("text", lambda: call(Probe).text("hello"), "ok"),
        ("refuse", lambda: call(Probe).refuse("this", None), "refused"),
        ("blow_up", lambda: call(Probe).blow_up("secret"), "unexpected"),
        ("sleep", lambda: call(Probe, timeout=0.05).sleep(0.2), "unavailable"),
    ],
)
def test_a_call_is_counted_by_what_came_of_it(
    mode: str, operation: str, make: Callable[[], object], outcome: str
) -> None:
    before = calls(operation, outcome)
    with entered(Context(module="parcels", origin="GET /parcels")), suppress(ContractError):
        make()
    assert calls(operation, outcome) == before + 1


def test_how_long_calls_took_is_in_the_bucket_that_it_belongs_to(mode: str) -> None:
    names = ("0.1", "0.25", "+Inf")
    before = [calls("sleep", "ok", "bucket", le=le) for le in names]
    seconds = calls("sleep", "ok", "sum")
    with entered(Context(module="parcels")):
        for _ in range(3):
            call(Probe).sleep(0.11)
    # A busy machine may take longer, never less.
    within, up_to, all_of_them = (
        calls("sleep", "ok", "bucket", le=le) - b for le, b in zip(names, before, strict=True)
    )
    assert (within, all_of_them) == (0, 3)
    assert 0 <= up_to <= 3
    assert calls("sleep", "ok", "sum") - seconds >= 0.33


def test_a_module_that_is_left_alone_is_seen_as_such_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CALLS", replace(settings.CALLS, reset_timeout=0.1))
    opened, retried = count("breaker_opened_total", module=MODULE), count("contract_call_retries_total", module=MODULE)
    with served_by(hang_up):
        while True:
            try:
                call(Probe).text("hello")
            except Rejected:
                break
            except ContractError:
                continue
    assert count("breaker_opened_total", module=MODULE) == opened + 1
    assert count("breaker_open", module=MODULE) == 1
    assert count("contract_call_retries_total", module=MODULE) > retried


def test_a_breaker_that_closes_is_counted_no_more(settings: Any) -> None:
    settings.CALLS = POLICY
    before = count("breaker_open", module="another")
    peer = Peer("http://127.0.0.1:9", "another", POLICY)
    peer.breaker.open()
    assert count("breaker_open", module="another") == before + 1
    peer.breaker.half_open()
    assert count("breaker_open", module="another") == before + 1
    peer.breaker.close()
    assert count("breaker_open", module="another") == before


def test_a_full_bulkhead_tells_how_long_calls_waited_in_vain() -> None:
    peer = Peer("http://127.0.0.1:9", "full", replace(POLICY, max_concurrent_calls=1, acquire_timeout=0.01))
    with peer.bulkhead, pytest.raises(Rejected), peer.bulkhead:
        pass
    assert count("bulkhead_wait_seconds_count", module="full", outcome="rejected") == 1
    with peer.bulkhead:
        pass
    assert count("bulkhead_wait_seconds_count", module="full", outcome="entered") == 0
