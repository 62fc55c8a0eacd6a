"""What the campaign is waged upon: a topology of real processes, on a PostgreSQL server with safe settings."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from seamline.development.clusters import FOLDER
from seamline.development.embedded_postgres import EmbeddedPostgres
from tests import brokers
from tests.brokers import Broker, Process
from tests.chaos.proxy import Proxy
from tests.processes import REPOSITORY, Deployable, Yard
from tests.topology.pairs import extract, modules
from tests.waiting import eventually

BROKERS = {"redis": brokers.redis, "rabbitmq": brokers.rabbitmq}
"""Topologies whose events go by Celery workers, with the broker of each."""
TOPOLOGIES = ("monolith", "extracted", *BROKERS)
SAFE: Mapping[str, str] = {"max_connections": "600", "recovery_init_sync_method": "syncfs"}
"""Nothing that durability depends on: fsync, synchronous_commit and full_page_writes are on, as they are by default."""
LASTING = {"USERS_ACCESS_MINUTES": "600", "WEB_WORKERS": "2", "WEB_THREADS": "8", "LOG_LEVEL": "INFO"}


class Postgres:
    """A database server that can be killed and started again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._server = EmbeddedPostgres(folder, SAFE)
        self._folder, self._stack = folder, stack
        self.start()

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> None:
        """Start it: one more user of it, until the end."""
        self._stack.enter_context(EmbeddedPostgres(self._folder, SAFE).running())

    def until_ready(self) -> None:
        """Wait for the end of a recovery. Asked to stop in the midst of one, PostgreSQL 18.4 never ends."""
        eventually(self._answers, bool)

    def postmaster(self) -> int:
        return int((self._folder / FOLDER / "postmaster.pid").read_text().split()[0])

    def backends(self) -> list[int]:
        """The processes that serve somebody."""
        return [pid for pid in children(self.postmaster()) if b"seam" in _title(pid) or b"t0_" in _title(pid)]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def end(self, number: int) -> None:
        """End it by a signal, and wait until the last of its processes is gone."""
        postmaster = self.postmaster()
        everybody = [postmaster, *children(postmaster)]
        os.kill(postmaster, number)
        eventually(lambda: [pid for pid in everybody if _is_alive(pid)], lambda left: not left)


@dataclass
class World:
    """One topology, up and running."""

    name: str
    postgres: Postgres
    deployables: dict[str, Deployable]
    proxies: dict[str, Proxy]
    front: Proxy
    """What the customers talk to."""
    broker: Broker | None = None
    workers: list[Process] = field(default_factory=list)
    _mending: threading.Lock = field(default_factory=threading.Lock)

    def up(self, *deployables: Deployable) -> None:
        """Have these run, whatever it takes: a supervisor starts again what does not come up."""
        for _ in range(10):
            for deployable in deployables:
                if deployable.process and deployable.process.poll() is not None:
                    deployable.process = None
                if not deployable.process:
                    deployable.launch()
            with suppress(AssertionError, OSError):
                for deployable in deployables:
                    deployable.until_ready()
                return
        raise AssertionError("\n".join(f"{each} does not come up:\n{each.said()}" for each in deployables))


@contextmanager
def world(topology: str, folder: Path, rng: random.Random, root: Path = REPOSITORY) -> Iterator[World]:
    """A topology, everything in it running. `root` has the code of the monolith, where nothing is extracted."""
    with ExitStack() as stack:
        postgres = Postgres(folder / "postgres", stack)
        yard = Yard(postgres.url, folder)

        def deployable(name: str, root: Path = root) -> Deployable:
            return stack.enter_context(yard.deployable(name, root, **LASTING))

        def proxy(before: Deployable) -> Proxy:
            made = Proxy(before.port, random.Random(rng.random()))
            stack.callback(made.close)
            return made

        made = (_extracted if topology == "extracted" else _monolith)(postgres, deployable, proxy, folder)
        made.name = topology
        if topology in BROKERS:
            _with_broker(made, stack, folder)
        made.up(*made.deployables.values())
        for each in made.deployables.values():
            each.until_heard()
        yield made


def _monolith(
    postgres: Postgres,
    deployable: Callable[..., Deployable],
    proxy: Callable[[Deployable], Proxy],
    folder: Path,
) -> World:
    monolith = deployable("chaos")
    front = proxy(monolith)
    return World("monolith", postgres, {"monolith": monolith}, {"front": front}, front)


def _extracted(
    postgres: Postgres,
    deployable: Callable[..., Deployable],
    proxy: Callable[[Deployable], Proxy],
    folder: Path,
) -> World:
    (folder / "services").mkdir()
    gateway = deployable("gateway")
    services = {name: deployable(name, extract(name, folder / "services" / name)) for name in modules()}
    proxies = {name: proxy(service) for name, service in services.items()}
    back, front = proxy(gateway), proxy(gateway)
    for service in services.values():
        service.settings |= {"GATEWAY_URL": back.url, "WEB_WORKERS": "1"}
    gateway.settings |= {"WEB_WORKERS": "1"} | {f"{name.upper()}_URL": there.url for name, there in proxies.items()}
    everybody = {"gateway": gateway, **services}
    return World("extracted", postgres, everybody, {**proxies, "gateway": back, "front": front}, front)


def _with_broker(world: World, stack: ExitStack, folder: Path) -> None:
    [monolith] = world.deployables.values()
    world.broker = stack.enter_context(BROKERS[world.name](folder)).start()
    monolith.settings |= {"CELERY_BROKER_URL": world.broker.url}
    world.up(monolith)
    for number in range(2):
        worker = stack.enter_context(brokers.worker(monolith))
        worker.log = folder / f"worker{number}.log"
        world.workers.append(worker.start())
    eventually(lambda: all(children(each.process.pid) for each in world.workers if each.process), bool)


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that are still there."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _title(pid: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _is_alive(pid: int) -> bool:
    # One that nobody has waited for yet has no command line.
    return _title(pid) != b""


def freeze(deployable: Deployable, frozen: bool) -> None:
    """Stop every process of a deployable where it is, or let it go on."""
    assert deployable.process
    os.killpg(deployable.process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)
