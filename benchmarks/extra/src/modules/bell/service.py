import time

from contracts.bell import Rang
from kernel.databases import transaction
from kernel.events import publish


def ring(ring_id: str) -> None:
    with transaction("bell"):
        publish(Rang(ring_id, time.monotonic()))
