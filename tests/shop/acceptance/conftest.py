"""Whom the tests act as. They speak HTTP only, and know nothing of where the modules live."""

import pytest

from tests.client import Client
from tests.shop import Customer, Shop


@pytest.fixture(scope="session")
def shop(base_url: str) -> Shop:
    return Shop(Client(base_url))


@pytest.fixture(scope="session")
def anonymous(shop: Shop) -> Client:
    return shop.anonymous


@pytest.fixture(scope="session")
def staff(shop: Shop) -> Client:
    return shop.staff


@pytest.fixture(scope="session")
def passer_by(shop: Shop) -> Customer:
    """A customer who never gets to have anything: for requests that are refused, and for looking at others' things."""
    return shop.customer("Alan")


@pytest.fixture(scope="session")
def regular(shop: Shop) -> Customer:
    """A customer with many orders: for tests that look at nothing but an order of their own, and its payment."""
    return shop.customer("Mary")


@pytest.fixture
def customer(shop: Shop) -> Customer:
    """A customer of this test's own: for tests that look at lists, points and messages."""
    return shop.customer()
