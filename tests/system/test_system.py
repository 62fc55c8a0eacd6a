"""The small system itself: its modules work together in this process, and as a deployable of its own."""

from pathlib import Path
from uuid import uuid4

import pytest

from contracts.depots import DepotFull, Depots, Room
from contracts.notes import Note, Notes
from contracts.parcels import Parcels, ParcelSent
from seamline.calls import call
from seamline.context import Context, entered, new_id
from seamline.testing import captured_events, deliver
from tests.processes import Yard


@pytest.mark.django_db(databases=["parcels", "depots", "notes"])
def test_what_is_sent_is_booked_and_noted() -> None:
    first, second = uuid4(), uuid4()
    with entered(Context(request_id=new_id())), captured_events(ParcelSent) as sent:
        call(Depots).enlarge("north", 1)
        for _ in range(2):
            call(Parcels).send(first, "north", 500)
        with pytest.raises(DepotFull):
            call(Parcels).send(second, "north", 500)
        assert sent() == [ParcelSent(first, "north")]
    assert call(Depots).room("north") == Room("north", free=0, taken=1)
    deliver(ParcelSent(first, "north"), to="notes", times=2)
    assert call(Notes).about(first) == (Note(first, "Sent to north"),)


def test_it_is_served_without_a_module_of_the_shop(the_yard: Yard, the_system: Path) -> None:
    with the_yard.deployable("system", the_system) as served:
        assert served.start().health()["modules"].keys() == {"depots", "notes", "parcels"}
        assert served.client.get("/parcels").expect(200)["results"] == []
        served.stop()
