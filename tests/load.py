"""One request after the other, while something is done to whoever answers them."""

import threading
from collections import Counter

import urllib3

from tests.client import Client

CLIENTS = 4
PAUSE = 0.005
"""Seconds between a client's requests: whoever starts meanwhile needs the processors too."""
CREDENTIALS = {"email": "nobody@example.com", "password": "none"}


class Load:
    """Clients that ask one thing after the other, and count what they are answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: Counter[object] = Counter()
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

    def _ask(self) -> None:
        client = Client(self.url)
        while not self._over.wait(PAUSE):
            for ask in (lambda: client.get("/parcels"), lambda: client.post("/notes/token", CREDENTIALS)):
                try:
                    self.answers[ask().status] += 1
                except urllib3.exceptions.HTTPError as error:
                    self.answers[repr(error)] += 1
