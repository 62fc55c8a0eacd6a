"""`manage.py personal_data`: a marked name and address are found nowhere, once their owner is erased."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings, settings
from django.db import connections
from django.test import Client

from modules.users import service as users
from modules.users.accounts import ACCOUNTS
from seamline.calls import call
from seamline.contract import Money, Unavailable
from seamline.databases import fetch
from seamline.module import active
from seamline.personal_data.facet import Holding, personal_data_facet
from seamline.testing import fake_contract
from tests.commands import run
from tests.deliveries import deliver_all

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
EMAIL, NICKNAME = "canary-7f3a@example.com", "Canary-7f3a"


class Away:
    """A module that does not answer."""

    def holding(self) -> Holding:
        raise Unavailable("orders")

    records = erase = holding


@pytest.fixture
def canary(settings: LazySettings) -> UUID:
    """Somebody with a marked name and address, of whom several modules know; stored as it is, to be found."""
    settings.PERSONAL_DATA_ENCRYPTED = False
    users.register(user_id := uuid4(), EMAIL, "correct horse battery", NICKNAME)
    deliver_all()
    return user_id


def found() -> Iterator[str]:
    """Where a mark is stored, in any column of any table of any module."""
    for module in active():
        for table in connections[module].introspection.table_names():
            for (row,) in fetch(module, f'SELECT t::text FROM "{table}" AS t'):
                if "7f3a" in row:
                    yield f"{module}.{table}"


def test_the_mark_is_nowhere_once_its_owner_is_erased(canary: UUID) -> None:
    assert {"users.users_user", "users.seamline_outbox"} < set(found()), "and what they were told"
    told = run("personal_data", "erase", EMAIL.upper(), "--yes")
    assert (told.status, told.err) == (0, "")
    assert "an id without a name" in told.out
    assert set(found()) == set()
    assert run("personal_data", "erase", str(canary), "--yes").status == 0


def test_an_export_says_all_in_json(canary: UUID) -> None:
    told = run("personal_data", "export", EMAIL)
    assert told.status == 0
    document = json.loads(told.out)
    assert (document["user"], document["complete"]) == (str(canary), True)
    assert document["stored"]["users"]["account"][0]["email"] == EMAIL
    assert {"users"} < set(document["stored"])


def test_more_than_a_batch_is_told_in_whole(canary: UUID) -> None:
    for number in range(1, 451):
        users.credit_points(canary, uuid4(), Money(number * 100, "EUR"))
    document = json.loads(run("personal_data", "export", str(canary)).out)
    assert sorted(entry["points"] for entry in document["stored"]["users"]["points"]) == [*range(1, 451)]


def test_while_a_module_is_away_the_account_stays_to_ask_again_with(canary: UUID) -> None:
    with fake_contract(personal_data_facet("orders"), Away()):
        told = run("personal_data", "erase", str(canary), "--yes")
        assert told.status == 1
        assert "orders did not answer" in told.err and "users did not answer: it has the accounts" in told.err
        assert set(found()) == {"users.users_user", "users.seamline_outbox"}, "the others have done it"
        exported = run("personal_data", "export", EMAIL)
        assert (exported.status, json.loads(exported.out)["complete"]) == (1, False)
    assert run("personal_data", "erase", str(canary), "--yes").status == 0
    assert set(found()) == set()


@pytest.mark.parametrize("user", ["nobody", "nobody@example.com"])
def test_nobody_is_no_user(user: str) -> None:
    told = run("personal_data", "export", user)
    assert told.status == 2
    assert "say their id" in told.err or "no id of a user" in told.err


def test_without_a_person_who_says_yes_nothing_is_erased(canary: UUID) -> None:
    told = run("personal_data", "erase", str(canary))
    assert told.status == 2
    assert "users.users_user" in set(found())


def test_a_module_that_has_nothing_of_anybody_says_so() -> None:
    assert call(personal_data_facet("catalog")).holding().kinds == ()


def test_a_service_behind_a_gateway_closes_no_account_and_leaves_the_rest(
    canary: UUID, client: Client, settings: LazySettings
) -> None:
    asked = {"Authorization": f"Bearer {ACCOUNTS.log_in(EMAIL, 'correct horse battery', '127.0.0.1').access}"}
    assert client.get("/api/v1/personal-data", headers=asked).status_code == 200
    settings.GATEWAY_URL = "http://gateway.example.com"
    assert client.get("/api/v1/personal-data", headers=asked).status_code == 404
    assert client.delete("/api/v1/personal-data", headers=asked).status_code == 404
    assert "users.users_user" in set(found())
