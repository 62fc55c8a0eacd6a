"""What a deployable tells its operators, and what every answer has in common."""

import json
import re

import pytest
from click.testing import CliRunner

from extraction.cli import main as extraction
from tests.client import Client
from tests.departed import DEPARTED
from tests.shop import Customer, Shop


def test_it_is_live_and_ready(anonymous: Client) -> None:
    assert anonymous.page("/health/live").expect(200) == {"status": "live"}
    assert anonymous.page("/health/ready").expect(200) == {"status": "ready", "away": []}


def test_its_health_tells_where_each_module_lives(anonymous: Client) -> None:
    health = anonymous.page("/health").expect(200)
    assert health["service"]
    for module in health["modules"].values():
        assert module["here"] in (True, False)
        assert {*module["unheard_by"]} <= DEPARTED
        if module["here"]:
            assert not {name for name in module["settings"] if "secret" in name}
            assert module["outbox"].keys() == {"waiting", "dead", "oldest_seconds"}


def test_its_health_shows_the_policies_in_force(anonymous: Client) -> None:
    calls = anonymous.page("/health").expect(200)["policies"]["calls"]
    assert (calls["max_attempts"], calls["connect_timeout"], calls["failure_threshold"]) == (3, 1.0, 5)


def test_its_health_tells_who_takes_payments(anonymous: Client) -> None:
    payments = anonymous.page("/health").expect(200)["modules"]["payments"]
    if not payments["here"]:
        pytest.skip("it is told where payments live")
    assert payments["settings"] == {"providers": "sandbox", "stripe_base_url": "https://api.stripe.com"}


def test_it_publishes_public_keys_and_no_private_ones(anonymous: Client) -> None:
    keys = anonymous.page("/.well-known/jwks.json").expect(200)["keys"]
    assert keys
    for key in keys:
        assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
        assert "d" not in key


def test_it_counts_requests_by_route(anonymous: Client) -> None:
    anonymous.get("/products").expect(200)
    counted = anonymous.page("/metrics").text
    assert re.search(r'http_request_seconds_count\{method="GET",route="/api/v1/products",status="200"\} \d', counted)


def test_it_counts_contract_calls_and_what_they_were_made_for(shop: Shop, regular: Customer) -> None:
    if not shop.anonymous.page("/health").expect(200)["modules"]["orders"]["here"]:
        pytest.skip("orders lives elsewhere, and its calls are counted there")
    regular.bought(shop.product(stock=1))
    metrics = f"{shop.anonymous.base_url}/metrics"
    done = CliRunner().invoke(extraction, ["cost", "inventory", "--json", "--round-trip", "2", "--traffic", metrics])
    assert done.exit_code == 0, done.output
    origins = {one["origin"]: one for one in json.loads(done.output)["traffic"]["origins"]}
    ordered = origins["POST /api/v1/orders"]
    assert {"caller": "orders", "operation": "inventory/v1/reserve"}.items() <= ordered["calls"][0].items()
    assert 0 < ordered["calls"][0]["number"] <= ordered["requests"]
    assert 0 < ordered["added_ms"] < 2 * 2


def test_it_tells_what_waits_in_the_outboxes(anonymous: Client) -> None:
    counted = anonymous.page("/metrics").text
    modules = anonymous.page("/health").expect(200)["modules"]
    heard = {name for name in ("catalog", "orders", "payments", "users") if modules[name]["here"]}
    for gauge in ("events_waiting", "events_dead", "events_oldest_seconds"):
        told = re.findall(rf'^{gauge}{{module="(\w+)",subscriber="\w+"}} \d', counted, re.MULTILINE)
        assert set(told) == heard, gauge


def test_operators_log_in_to_the_admin(anonymous: Client) -> None:
    page = anonymous.page("/admin/login/")
    assert page.status == 200
    assert "csrfmiddlewaretoken" in page.text
    for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        assert anonymous.page(asset).status == 200, asset


def test_the_admin_asks_who_is_there(anonymous: Client) -> None:
    answer = anonymous.page("/admin/")
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/api/v2/orders", "/api/v1/orders/"])
def test_what_is_not_there_is_a_problem(anonymous: Client, path: str) -> None:
    anonymous.page(path).refused(404, "request.not_found")


def test_a_request_keeps_the_id_it_came_with(anonymous: Client) -> None:
    for page in ("/health/live", "/api/v1/products", "/nothing"):
        answer = anonymous.page(page, X_Request_ID="from-the-test-7")
        assert answer.headers["X-Request-ID"] == "from-the-test-7"


def test_a_request_without_an_id_is_given_one(anonymous: Client) -> None:
    ids = {anonymous.page("/health/live").headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2


def test_an_id_that_could_confuse_the_log_is_replaced(anonymous: Client) -> None:
    for odd in ("short", "with space in it", "x" * 65, '{"json": true}'):
        assert anonymous.page("/health/live", X_Request_ID=odd).headers["X-Request-ID"] != odd


def test_a_problem_names_its_request(anonymous: Client) -> None:
    for path in ("/nothing", "/api/v1/users/me", "/api/v1/products/NO-SUCH-PRODUCT"):
        answer = anonymous.page(path, X_Request_ID="from-the-test-8")
        assert answer.refused(answer.status)["request_id"] == "from-the-test-8"


def test_it_counts_methods_that_nobody_knows_together(anonymous: Client) -> None:
    anonymous.send("BREW", "/products").refused(405)
    counted = anonymous.page("/metrics").text
    assert "BREW" not in counted
    assert 'method="other"' in counted


def test_the_admin_has_no_way_to_pages_that_are_not_there(anonymous: Client) -> None:
    anonymous.page("/admin/r/1/NO-UUID/").refused(404)
