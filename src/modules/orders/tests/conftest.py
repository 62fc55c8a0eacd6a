from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from contracts.catalog import Catalog
from contracts.inventory import Inventory
from contracts.payments import Payments
from contracts.users import Users
from modules.orders.tests.fakes import FakeCatalog, FakeInventory, FakePayments, FakeUsers
from seamline.testing import fake_contract


class Neighbours(NamedTuple):
    users: FakeUsers
    catalog: FakeCatalog
    inventory: FakeInventory
    payments: FakePayments


@pytest.fixture(autouse=True)
def neighbours() -> Iterator[Neighbours]:
    """The modules that orders calls, standing in."""
    fakes = Neighbours(FakeUsers(), FakeCatalog(), FakeInventory(), FakePayments())
    with ExitStack() as stack:
        for contract, fake in zip((Users, Catalog, Inventory, Payments), fakes, strict=True):
            stack.enter_context(fake_contract(contract, fake))
        yield fakes
