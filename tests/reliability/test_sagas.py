"""A flow over two modules: it waits and is woken, goes on where it stopped, and gives back what it has taken."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NoReturn
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from contracts.depots import DepotFull, Depots
from contracts.parcels import MoveState, Parcels, ParcelSent
from seamline.calls import call
from seamline.context import Context, entered, new_id
from seamline.contract import Unavailable
from seamline.testing import captured_events, fake_contract
from seamline.work import sagas
from seamline.work.models import SagaRecord

pytestmark = pytest.mark.django_db(databases=["parcels", "depots"])


class Broken:
    """Stands in for the depots while whatever is asked of them fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, operation: str) -> Callable[..., NoReturn]:
        return self._fail

    def _fail(self, *arguments: object) -> NoReturn:
        raise self._error


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    with entered(Context(request_id=new_id())):
        yield


@pytest.fixture
def parcel() -> UUID:
    """One that was sent to the north; there is room for another in the south."""
    for depot in ("north", "south"):
        call(Depots).enlarge(depot, 1)
    parcel_id = uuid4()
    call(Parcels).send(parcel_id, "north", 500)
    return parcel_id


def resume_all() -> None:
    """Do what the periodic job does, as if it were time for all."""
    SagaRecord.objects.using("parcels").update(due_at=timezone.now() - timedelta(hours=1))
    sagas.resume("parcels")


def state(move: UUID) -> MoveState:
    return call(Parcels).find_move(move).state


def test_a_move_waits_to_be_weighed_and_is_woken_by_that(parcel: UUID) -> None:
    move = uuid4()
    assert call(Parcels).move(move, parcel, "south").state is MoveState.UNDER_WAY
    assert sagas.resume("parcels") == 0
    call(Parcels).weigh(parcel, 700)
    with captured_events(ParcelSent) as sent:
        assert sagas.resume("parcels") == 1
        assert sent() == [ParcelSent(parcel, "south")]
    moved = call(Parcels).parcel(parcel)
    assert (state(move), moved.depot, moved.weight) == (MoveState.DONE, "south", 700)
    assert call(Depots).room("south").free == 0


def test_what_a_step_refuses_is_told_and_ends_the_move(parcel: UUID) -> None:
    move, other = uuid4(), uuid4()
    call(Parcels).move(move, parcel, "south")
    with pytest.raises(DepotFull):
        call(Parcels).move(other, parcel, "south")
    assert (state(move), state(other)) == (MoveState.UNDER_WAY, MoveState.REFUSED)
    assert call(Parcels).find_move(other).refusal == DepotFull.code


@pytest.mark.parametrize("error", [Unavailable(module="depots"), OperationalError("away"), RuntimeError("broken")])
def test_a_failure_is_no_refusal_and_the_move_goes_on_after_it(parcel: UUID, error: Exception) -> None:
    move = uuid4()
    with fake_contract(Depots, Broken(error)):
        assert call(Parcels).move(move, parcel, "south").state is MoveState.UNDER_WAY
        resume_all()
    assert call(Depots).room("south").free == 1
    call(Parcels).weigh(parcel, 700)
    resume_all()
    assert (state(move), call(Depots).room("south").free) == (MoveState.DONE, 0)


def test_an_answer_that_never_comes_gives_the_place_back_once_that_can_be_done(parcel: UUID) -> None:
    move = uuid4()
    call(Parcels).move(move, parcel, "south")
    SagaRecord.objects.using("parcels").update(deadline=timezone.now() - timedelta(hours=1))
    with fake_contract(Depots, Broken(Unavailable(module="depots"))):
        resume_all()
    assert (state(move), call(Depots).room("south").free) == (MoveState.UNDER_WAY, 0)
    resume_all()
    assert (state(move), call(Depots).room("south").free) == (MoveState.REFUSED, 1)
    assert call(Parcels).find_move(move).refusal == "expired"


def test_a_step_that_is_repeated_after_a_crash_takes_one_place(parcel: UUID) -> None:
    call(Depots).enlarge("south", 1)
    move = uuid4()
    call(Parcels).move(move, parcel, "south")
    SagaRecord.objects.using("parcels").update(step=0)
    resume_all()
    assert call(Depots).room("south").free == 1
