"""`make chaos-broker`: kill the broker again and again under load, and see that the worker outlives it each time.

Exits with 1 where a worker ended, where nothing is delivered any more, or where an event was lost or doubled.
"""

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from seamline.configuration.policies import DeliveryPolicy
from tests import brokers
from tests.brokers import Broker, Process
from tests.chaos.campaign import new_seed
from tests.processes import yard
from tests.system.office import Office
from tests.system.place import lay_out
from tests.tools import find_tool
from tests.waiting import eventually

BROKERS: dict[str, Callable[[Path], AbstractContextManager[Broker]]] = {
    "redis": brokers.redis,
    "rabbitmq": brokers.rabbitmq,
}
BACK_WITHIN = 90.0
AWAY_SECONDS = 1.5


class Sender(threading.Thread):
    """Sends all the time, so that messages are under way whenever the broker goes."""

    def __init__(self, office: Office) -> None:
        super().__init__(daemon=True)
        self._office, self._stopping = office, threading.Event()
        self.parcels: list[str] = []

    def run(self) -> None:
        while not self._stopping.wait(0.05):
            self.parcels.append(self._office.send())

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def kill_repeatedly(office: Office, broker: Broker, worker: Process, kills: int, seed: int) -> list[str]:
    """Kill the broker so often under load. Fails where the worker ends, delivers nothing any more, or loses anything.

    Gives the parcels that were sent meanwhile.
    """
    rng = random.Random(seed)
    office.make_room()
    sender = Sender(office)
    sender.start()
    try:
        for kill in range(kills):
            time.sleep(rng.uniform(0, 1))
            broker.end(signal.SIGKILL)
            time.sleep(rng.uniform(0, AWAY_SECONDS))
            broker.start()
            newest = office.send()
            eventually(partial(_is_noted, office, newest, worker), bool, BACK_WITHIN)
            print(f"kill {kill + 1} of {kills}: delivered again", flush=True)
    finally:
        sender.stop()
    for parcel in sender.parcels:
        notes = eventually(partial(office.notes, parcel), bool, 2 * DeliveryPolicy.lease_seconds)
        assert len(notes) == 1, f"{parcel} has {len(notes)} notes and not one"
    return sender.parcels


def _is_noted(office: Office, parcel: str, worker: Process) -> bool:
    """Whether it was noted that a parcel was sent. Fails where the worker is gone."""
    status = worker.process.poll() if worker.process else None
    assert status is None, f"the worker ended with {status}\n{worker.log.read_text()[-4000:]}"
    return bool(office.notes(parcel))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos-broker", description=__doc__)
    parser.add_argument("--broker", choices=BROKERS, help="only this one; each that is here where none is named")
    parser.add_argument("--kills", type=int, default=50, help="of each (50)")
    parser.add_argument("--seed", type=int, help="decides when; a new one unless given")
    options = parser.parse_args()
    seed = new_seed() if options.seed is None else options.seed
    here = [name for name in BROKERS if find_tool(f"{name}-server")]
    failed = False
    for name in [options.broker] if options.broker else here:
        print(f"{name}: {options.kills} kills, seed {seed} …", flush=True)
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{name}-"))
        try:
            print(f"{name}: {_campaign(name, folder, options.kills, seed)} parcels, nothing lost or doubled")
        except AssertionError as error:
            print(f"{name}: {error}\nlogs: {folder}", file=sys.stderr)
            failed = True
    return int(failed)


def _campaign(name: str, folder: Path, kills: int, seed: int) -> int:
    with (
        yard(folder) as place,
        BROKERS[name](folder) as broker,
        place.deployable("brokers", lay_out(folder / "system"), CELERY_BROKER_URL=broker.start().url) as served,
        brokers.worker(served.start()) as worker,
    ):
        return len(kill_repeatedly(Office(served.client), broker, worker.start(), kills, seed))


if __name__ == "__main__":
    sys.exit(main())
