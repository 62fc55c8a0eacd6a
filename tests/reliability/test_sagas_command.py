"""`manage.py sagas`: what operators see of flows that are under way, and do about them."""

import json
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import RequestFactory
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from contracts.depots import Depots
from contracts.parcels import MoveState, Parcels
from seamline.calls import call
from seamline.context import Context, entered, new_id
from seamline.operations import health
from seamline.work import sagas
from tests import commands

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))


said = partial(commands.run, "sagas")


@pytest.fixture
def move() -> UUID:
    """One that waits for its parcel to be weighed."""
    with entered(Context(request_id=new_id())):
        for depot in ("north", "south"):
            call(Depots).enlarge(depot, 1)
        parcel, move = uuid4(), uuid4()
        call(Parcels).send(parcel, "north", 500)
        assert call(Parcels).move(move, parcel, "south").state is MoveState.UNDER_WAY
    return move


def test_what_is_under_way_is_listed_with_where_it_stands(move: UUID) -> None:
    listed = said("list", "--module", "parcels")
    assert (listed.status, listed.err) == (0, "")
    assert "parcels move: running, at step 2" in listed.out
    assert str(move) in listed.out
    [row] = json.loads(said("list", "--json").out)
    assert (row["id"], row["module"], row["state"], row["step"]) == (str(move), "parcels", "running", 1)


def test_where_nothing_is_under_way_it_says_so() -> None:
    assert said("list") == (1, "nothing is under way\n", "")
    assert said("list", "--json") == (1, "[]\n", "")


def test_one_that_pauses_goes_on_at_once_when_it_is_told(move: UUID) -> None:
    assert sagas.resume("parcels") == 0
    retried = said("retry", "--id", str(move))
    assert (retried.status, retried.out) == (0, "1 saga(s) will go on now\n")
    assert sagas.resume("parcels") == 1


def test_one_that_is_told_to_goes_back_and_gives_back_what_it_took(move: UUID) -> None:
    assert call(Depots).room("south").free == 0
    told = said("compensate", "--id", str(move), "--why", "the van broke down", "--yes")
    assert (told.status, told.out.splitlines()[-1]) == (0, "it goes back now")
    assert "operator: the van broke down" in said("list").out
    again = said("compensate", "--id", str(move), "--why", "once more", "--yes")
    assert (again.status, again.err) == (1, f"saga {move} goes back already, or is at its end\n")
    before = ended()
    sagas.resume("parcels")
    assert call(Parcels).find_move(move).state is MoveState.REFUSED
    assert call(Depots).room("south").free == 1
    assert ended() == before + 1


def ended() -> float:
    labels = {"module": "parcels", "saga": "move", "state": "compensated"}
    return REGISTRY.get_sample_value("sagas_ended_total", labels) or 0.0


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    {
        "for nobody in particular": (("retry",), 2, "say which: --module, --name or --id"),
        "no module": (("list", "--module", "parcel"), 2, "no module 'parcel' lives here"),
        # 2 on a command line: Django's parser ends the process there.
        "no id": (("retry", "--id", "move"), 1, "'move' is no saga's id, such as `manage.py sagas list` shows"),
        "nobody to ask": (("compensate", "--id", "{move}", "--why", "x"), 2, "say --yes if this is what you want"),
        "another id": (("retry", "--id", str(UUID(int=1))), 1, f"no saga {UUID(int=1)} is under way here"),
        "no such name": (("retry", "--name", "voyage"), 1, "nothing matches"),
    }.values(),
)
def test_what_will_not_do_is_said_and_changes_nothing(
    move: UUID, arguments: tuple[str, ...], status: int, says: str
) -> None:
    before = said("list", "--json").out
    told = said(*(argument.format(move=move) for argument in arguments))
    assert told.status == status
    assert says in told.err
    assert said("list", "--json").out == before


def test_prometheus_is_told_how_many_are_under_way_and_for_how_long(move: UUID) -> None:
    page = health.metrics(RequestFactory().get("/metrics")).content.decode()
    found = {sample.name: sample for family in text_string_to_metric_families(page) for sample in family.samples}
    labels = {"module": "parcels", "saga": "move", "state": "running"}
    assert (found["sagas_unfinished"].labels, found["sagas_unfinished"].value) == (labels, 1)
    assert found["sagas_oldest_seconds"].value >= 0
