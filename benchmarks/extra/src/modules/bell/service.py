import time

from contracts.bell import Rang
from seamline.databases import transaction
from seamline.events import publish


def ring(ring_id: str) -> None:
    with transaction("bell"):
        publish(Rang(ring_id, time.monotonic()))
