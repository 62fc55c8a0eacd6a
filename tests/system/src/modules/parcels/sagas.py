"""A move: a place is booked in the other depot, then the parcel is weighed there; each step beside what undoes it."""

from datetime import timedelta
from uuid import UUID

from contracts.depots import Depots, Room
from contracts.parcels import Move, MoveState, ParcelSent
from modules.parcels import models, queries
from seamline.calls import call
from seamline.events import publish
from seamline.work import Failure, Saga, Step


def load(move_id: UUID) -> models.Move:
    return models.Move.objects.get(id=move_id)


def book(move: models.Move) -> Room:
    return call(Depots).book(move.id, move.depot)


def give_back(move: models.Move) -> None:
    call(Depots).release(move.id)


def ask_for_weight(move: models.Move) -> int | None:
    return models.Move.objects.get(id=move.id).weight


def forget_weight(move: models.Move) -> None:
    models.Move.objects.filter(id=move.id).update(weight=None)


def let_in(move: models.Move, weight: int) -> Move:
    models.Parcel.objects.filter(id=move.parcel_id).update(depot=move.depot, weight=weight)
    models.Move.objects.filter(id=move.id).update(state=MoveState.DONE)
    publish(ParcelSent(move.parcel_id, move.depot))
    return queries.find_move(move.id)


def refuse(move: models.Move, failure: Failure) -> None:
    models.Move.objects.filter(id=move.id).update(state=MoveState.REFUSED, refusal=failure.code)


MOVE = Saga(
    module="parcels",
    name="move",
    load_state=load,
    steps=(Step(book, compensation=give_back), Step(ask_for_weight, compensation=forget_weight)),
    complete=let_in,
    on_compensated=refuse,
    deadline=timedelta(days=1),
)
SAGAS = (MOVE,)
