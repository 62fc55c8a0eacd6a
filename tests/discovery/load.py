"""Parcels that are sent, and rooms that are looked at, while something is done to whoever answers."""

import threading
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import urllib3

from tests.client import Answer, Client
from tests.system.office import Office
from tests.waiting import eventually

CLIENTS = 3
PAUSE = 0.01
MORE = 60


class Load:
    """Clients that ask one thing after the other, and count what they are answered."""

    def __init__(self, url: str, office: Office) -> None:
        self.answers: Counter[str] = Counter()
        self._office = office
        self._url = url
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def until_more(self) -> None:
        """Wait until many more requests have been answered."""
        before = self.answers.total()
        eventually(lambda: self.answers.total() - before, lambda more: more > MORE)

    def _ask(self) -> None:
        stranger: Client = Client(self._url)
        keeper = Client(self._url, self._office.keeper.token)
        parcel = {"depot": "north", "weight": 500}
        while not self._over.wait(PAUSE):
            self._count("room", lambda: stranger.get("/depots/north"))
            self._count("send", lambda: keeper.post("/parcels", parcel, Idempotency_Key=uuid4().hex))

    def _count(self, what: str, ask: Callable[[], Answer]) -> None:
        try:
            self.answers[f"{what} {ask().status}"] += 1
        except urllib3.exceptions.HTTPError as error:
            self.answers[f"{what} {error!r}"] += 1
