"""What is done to the shop, in an order that the seed decides."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from tests.chaos.proxy import Proxy
from tests.chaos.world import World, children, freeze

Fault = Callable[[World, random.Random], tuple[str, int]]
"""Does it, and mends what does not mend itself; says what it was, and how many kills."""


def kill_worker(world: World, rng: random.Random) -> tuple[str, int]:
    """A gunicorn worker, with the relay, the jobs and the requests in it; its parent starts another."""
    name = rng.choice(sorted(world.deployables))
    process = world.deployables[name].process
    workers = children(process.pid) if process else []
    return (f"kill -9 of a worker of {name}", 1) if _kill(rng, workers) else (f"{name} has no worker", 0)


def kill_deployable(world: World, rng: random.Random) -> tuple[str, int]:
    name = rng.choice(sorted(world.deployables))
    world.deployables[name].kill()
    away = rng.uniform(0, 1.5)
    time.sleep(away)
    world.up(world.deployables[name])
    return f"kill -9 of {name}, away for {away:.1f} s", 1


def kill_celery(world: World, rng: random.Random) -> tuple[str, int]:
    worker = rng.choice(world.workers)
    if worker.process and rng.random() < 0.6 and _kill(rng, children(worker.process.pid)):
        return "kill -9 of a Celery child", 1
    worker.end(signal.SIGKILL)
    time.sleep(rng.uniform(0, 1))
    worker.start()
    return "kill -9 of a Celery worker and its children", 1


def kill_backend(world: World, rng: random.Random) -> tuple[str, int]:
    """PostgreSQL then throws everybody out, and recovers from its log."""
    killed = _kill(rng, world.postgres.backends())
    time.sleep(0.1)
    world.postgres.until_ready()
    return "kill -9 of a PostgreSQL backend", int(killed)


def kill_postgres(world: World, rng: random.Random) -> tuple[str, int]:
    away = rng.uniform(0, 2)
    world.postgres.end(signal.SIGKILL)
    time.sleep(away)
    world.postgres.start()
    return f"kill -9 of PostgreSQL, away for {away:.1f} s", 1


def restart_postgres(world: World, rng: random.Random) -> tuple[str, int]:
    world.postgres.end(signal.SIGINT)
    world.postgres.start()
    return "PostgreSQL restarted", 0


def stop_broker(world: World, rng: random.Random) -> tuple[str, int]:
    """A Redis forgets all that it held."""
    assert world.broker
    away = rng.uniform(0.5, 4)
    world.broker.end(signal.SIGKILL)
    time.sleep(away)
    world.broker.start()
    return f"kill -9 of the broker, away for {away:.1f} s", 1


def stall(world: World, rng: random.Random) -> tuple[str, int]:
    name, slow = rng.choice(sorted(world.deployables)), rng.uniform(0.5, 4)
    freeze(world.deployables[name], True)
    time.sleep(slow)
    freeze(world.deployables[name], False)
    return f"{name} stalled for {slow:.1f} s", 0


def stall_worker(world: World, rng: random.Random) -> tuple[str, int]:
    """One worker stands still for longer than it may hold a request: another takes over, and then it goes on."""
    name, slow = rng.choice(sorted(world.deployables)), rng.uniform(5, 7)
    process = world.deployables[name].process
    workers = sorted(children(process.pid)) if process else []
    if workers:
        worker = rng.choice(workers)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(slow)
        os.kill(worker, signal.SIGCONT)
    return f"a worker of {name} stalled for {slow:.1f} s", 0


def disturb(world: World, rng: random.Random) -> tuple[str, int]:
    name, kind, seconds = rng.choice(sorted(world.proxies)), rng.choice(Proxy.KINDS), rng.uniform(1, 4)
    world.proxies[name].disturb(kind, seconds)
    return f"what passes to {name} is {kind} for {seconds:.1f} s", 0


_WITH_WORKERS: dict[Fault, int] = {
    kill_worker: 26,
    kill_deployable: 10,
    kill_celery: 30,
    kill_backend: 6,
    kill_postgres: 4,
    stop_broker: 6,
}
WEIGHTS: dict[str, dict[Fault, int]] = {
    "monolith": {kill_worker: 44, kill_deployable: 18, kill_backend: 8, kill_postgres: 5, restart_postgres: 2},
    "extracted": {kill_worker: 44, kill_deployable: 22, kill_backend: 5, kill_postgres: 3, restart_postgres: 2},
    "redis": _WITH_WORKERS,
    "rabbitmq": _WITH_WORKERS,
}
ANYWHERE: dict[Fault, int] = {stall: 6, stall_worker: 3, disturb: 22}


def weights_of(topology: str) -> dict[Fault, int]:
    return WEIGHTS[topology] | ANYWHERE


def choose(weights: dict[Fault, int], rng: random.Random) -> Fault:
    return rng.choices(list(weights), list(weights.values()))[0]


def _kill(rng: random.Random, pids: list[int]) -> bool:
    with suppress(ProcessLookupError):
        if pids:
            os.kill(rng.choice(sorted(pids)), signal.SIGKILL)
            return True
    return False
