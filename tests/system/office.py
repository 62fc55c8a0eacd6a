"""The small system as its users have it, for tests that need things to be there. All of it through HTTP."""

from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from tests.client import Client
from tests.waiting import eventually

EMAIL, PASSWORD = "keeper@example.com", "correct horse battery"
"""Of the one who may log in."""
ROOM = 1000


@dataclass
class Office:
    """What is served at an address: parcels are sent there."""

    anonymous: Client

    @cached_property
    def keeper(self) -> Client:
        """Somebody who is logged in. There is room in the depot `north` then."""
        credentials = {"email": EMAIL, "password": PASSWORD}
        keeper = self.anonymous.bearing(self.anonymous.post("/notes/token", credentials).expect(200)["access"])
        keeper.post("/depots/north", {"by": ROOM}).expect(200)
        return keeper

    def make_room(self) -> None:
        """Give the depot `north` room for some more."""
        self.keeper.post("/depots/north", {"by": ROOM}).expect(200)

    def send(self) -> str:
        """Send a parcel, and give its id."""
        answer = self.keeper.post("/parcels", {"depot": "north", "weight": 500}, Idempotency_Key=uuid4().hex)
        parcel: dict[str, str] = answer.expect(201)
        return parcel["id"]

    def announced(self) -> int:
        """How many parcels the depot `north` knows of, that were sent there."""
        number: int = self.anonymous.get("/depots/north").expect(200)["announced"]
        return number

    def notes(self, parcel: str) -> list[str]:
        """What was noted about a parcel."""
        return [note["text"] for note in self.anonymous.get(f"/notes/{parcel}").expect(200)["notes"]]

    def sees_note(self, parcel: str) -> None:
        """Wait until it is noted, once, that a parcel was sent."""
        eventually(lambda: self.notes(parcel), lambda notes: notes == ["Sent to north"])
