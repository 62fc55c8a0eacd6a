"""What the API's document says is what the API does, and what a client made of it gets."""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.api_document.checks import JSON, generate_python_client, run_schemathesis
from tests.client import Client
from tests.processes import Deployable, Yard
from tests.shop import APPROVE, PASSWORD, Shop, idempotency_key, new_email


@pytest.fixture(scope="module")
def monolith(the_yard: Yard) -> Iterator[Deployable]:
    """One of its own: what is asked there changes anything."""
    with the_yard.deployable("document") as deployable:
        yield deployable.start()
        deployable.stop()


def test_the_api_does_what_its_document_says(monolith: Deployable) -> None:
    done = run_schemathesis(monolith.url, 2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Stateful" in done.stdout
    assert "undeclared_error" not in monolith.said()


@pytest.fixture
def generated(monolith: Deployable, tmp_path: Path) -> Iterator[ModuleType]:
    """A Python client of the document, every module of it imported."""
    document = tmp_path / "openapi.json"
    document.write_bytes(monolith.client.page("/api/schema", Accept=JSON).content)
    done = generate_python_client(document, tmp_path / "made")
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = (path.parent for path in (tmp_path / "made").glob("*/__init__.py"))
    sys.path.insert(0, str(package.parent))
    made = importlib.import_module(package.name)
    for module in pkgutil.walk_packages(made.__path__, f"{made.__name__}."):
        importlib.import_module(module.name)
    yield made
    sys.path.remove(str(package.parent))
    for name in [name for name in sys.modules if name.partition(".")[0] == made.__name__]:
        del sys.modules[name]


def test_a_generated_client_places_an_order(monolith: Deployable, generated: ModuleType) -> None:
    sku = Shop(monolith.client).product(stock=2)
    api, models = generated.api, generated.models
    visitor = generated.Client(base_url=monolith.url)
    email = new_email()
    account = api.users.post_users.sync(
        client=visitor, body=models.Registration(email=email, password=PASSWORD, nickname="Grace")
    )
    tokens = api.users.post_token.sync(client=visitor, body=models.Credentials(email=email, password=PASSWORD))
    customer = generated.AuthenticatedClient(base_url=monolith.url, token=tokens.access)
    wanted = models.NewOrder(lines=[models.StockLine(sku=sku, quantity=2)], payment_method=APPROVE)
    placed = api.orders.post_orders.sync_detailed(client=customer, body=wanted, idempotency_key=idempotency_key())
    assert (placed.status_code, placed.parsed.customer_id) == (201, account.id)
    order = api.orders.get_order.sync(placed.parsed.id, client=customer)
    assert isinstance(order, models.OrderWithNickname)
    assert (order.status, [line.sku for line in order.lines]) == (models.OrderStatus.CONFIRMED, [sku])
    refused = api.orders.post_orders.sync(client=customer, body=wanted)
    assert isinstance(refused, models.Problem)
    assert refused.code == "inventory.out_of_stock"


def test_bodies_are_closed_and_responses_open(monolith: Deployable) -> None:
    schemas = json.loads(monolith.client.page("/api/schema", Accept=JSON).content)["components"]["schemas"]
    assert schemas["NewOrder"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Order"]


def test_an_unknown_field_is_refused_and_the_known_one_named(monolith: Deployable) -> None:
    shop = Shop(Client(monolith.url))
    sku = shop.product(stock=1)
    customer = shop.customer()
    problem = customer.place(sku, cupon="WELCOME10").refused(422, "request.invalid")
    assert problem["errors"] == [{"path": "$.cupon", "message": "There is no such field; did you mean coupon?"}]
    assert shop.stock(sku) == (1, 0)
