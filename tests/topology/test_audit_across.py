"""`manage.py audit` in the monolith compares what modules state wherever they live; a service looks at its own."""

import json
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from tests.processes import Deployable, environment
from tests.topology.pairs import Pair

pytestmark = pytest.mark.parametrize("extracted", ["payments"], indirect=True)


def audit(deployable: Deployable, *options: str) -> tuple[int, Any]:
    """The exit status and the report."""
    done = subprocess.run(
        [sys.executable, "manage.py", "audit", "--json", *options],
        cwd=deployable.root,
        env=environment(**deployable.settings, LOG_LEVEL="CRITICAL"),
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout)


def settle_payment(pair: Pair, order_id: str, status: str) -> None:
    """Change a payment behind the back of the service, past what guards it."""
    settings = pair.service.settings
    name = f"{settings['DATABASE_PREFIX']}_payments"
    with psycopg.connect(settings["DATABASE_URL"], dbname=name) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE payments_payment SET status = %s WHERE order_id = %s", [status, order_id])


def test_a_service_is_compared_and_missed_where_it_is_away(pair: Pair) -> None:
    customer = pair.shop.customer()
    order = customer.bought(pair.shop.product(stock=1))["id"]
    customer.hears("order_confirmed")

    status, report = audit(pair.monolith, "--wait", "30")
    assert (status, report["findings"], report["unanswered"]) == (0, [], {})
    assert report["checked"]["payments"] > 0
    assert report["elsewhere"]["payments"] == pair.service.url

    settle_payment(pair, order, "voided")
    status, report = audit(pair.monolith, "--wait", "0")
    assert status == 1
    assert ("orders", f"order {order}") in {(found["module"], found["subject"]) for found in report["findings"]}
    assert "it is confirmed, and its payment is voided, not authorised" in str(report["findings"])
    settle_payment(pair, order, "authorised")

    status, report = audit(pair.service)
    assert (status, list(report["checked"]), report["unanswered"]) == (0, ["payments"], {})

    pair.service.kill()
    status, report = audit(pair.monolith)
    assert status == 1
    assert report["unanswered"] == {"payments": "The module did not answer: module payments"}
