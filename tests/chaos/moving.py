"""`make chaos TOPOLOGY=moving`: a module moves there and back under load, and nobody notices.

Exits with 1 where a request failed, an order was lost or doubled, somebody wrote who was not the owner, or an audit is
not clean.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.chaos.campaign import new_seed
from tests.chaos.world import LASTING, Postgres
from tests.moving import load
from tests.moving.load import Outcome
from tests.moving.places import Places, places
from tests.processes import Deployable, Yard, environment
from tests.topology.pairs import extract

ORDERS = "orders"
KILLED = 0.25
"""How often the command is killed, of all moves."""
FILL = """
    INSERT INTO seamline_idempotent_request
        (id, module, owner, key, fingerprint, status, body, location, due_at, attempts, created_at)
    SELECT gen_random_uuid(), %(module)s, 'somebody', n::text, '', 201, '', '', now(), 1, now() - interval '1 day'
    FROM generate_series(1, %(rows)s / 2) AS n;
    INSERT INTO seamline_inbox (module, event_id, name, handled_at)
    SELECT %(module)s, gen_random_uuid(), 'filling', now() FROM generate_series(1, %(rows)s / 2)
"""
"""Of the tables that every module has, and that the fence looks into; an audit has no opinion of them."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos TOPOLOGY=moving", description=__doc__)
    parser.add_argument("--moves", type=int, default=40, help="there and back again are two (40)")
    parser.add_argument("--module", default=ORDERS, help="which one moves (orders)")
    parser.add_argument(
        "--server", choices=("same", "another"), default="same", help="where the service has its database (same)"
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="that its tables have already (1,000,000)")
    parser.add_argument("--customers", type=int, default=8, help="who order at a time (8)")
    parser.add_argument("--seed", type=int, help="decides which commands are killed when; a new one unless given")
    options = parser.parse_args()
    seed = new_seed() if options.seed is None else options.seed
    where = f"{options.moves} moves, {options.server} server"
    print(f"moving {options.module}: {where}, {options.rows:,} rows, seed {seed} …", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="chaos-moving-"))
    is_apart = options.server == "another"
    found = wage(folder, options.module, seed, options.moves, options.rows, options.customers, is_apart)
    for what in found:
        print(f"VIOLATION: {what}")
    print(f"logs: {folder}" if found else "nothing is lost, doubled, or written by another than the owner")
    if not found:
        shutil.rmtree(folder)
    return int(bool(found))


def wage(folder: Path, module: str, seed: int, moves: int, rows: int, customers: int, is_apart: bool) -> list[str]:
    """Do it all, and tell what is wrong."""
    rng = random.Random(seed)
    with ExitStack() as stack:
        postgres = Postgres(folder / "postgres", stack)
        yard = Yard(postgres.url, folder)
        service = extract(module, folder / "service")
        servers, other = [postgres], None
        if is_apart:
            (folder / "other").mkdir()
            servers.append(Postgres(folder / "other" / "postgres", stack))
            other = Yard(servers[1].url, folder / "other")
        made = stack.enter_context(places(yard, module, service, other, **LASTING))
        made.monolith.start()
        with psycopg.connect(made.url, autocommit=True) as admin:
            for statement in FILL.split(";"):
                admin.execute(statement, {"module": module, "rows": rows})
            admin.execute("ANALYZE")
        made.watch()
        made.move("--to", str(service), status=1)
        made.service.launch().until_ready()
        with load.customers(made.shop, customers) as calm:
            for number in range(moves):
                arguments = ["--to", str(service)]
                if number % 2:
                    arguments = ["--back", *(arguments if is_apart else [])]
                _move(made, arguments, rng)
        print(f"{moves} moves: {calm}", flush=True)
        with load.customers(made.shop, customers, insists=True) as restarted:
            for server in servers:
                process = made.begin("--to", str(service))
                time.sleep(rng.uniform(0, 5))
                server.end(signal.SIGINT)
                server.start()
                process.communicate()
                made.go()
                made.back()
        print(f"PostgreSQL restarted: {restarted}", flush=True)
        found = [*_wrong(calm), *_wrong(restarted)]
        if number := made.strangers():
            found.append(f"{number} rows were written by another than the owner")
        return [*found, *(problem for each in (made.monolith, made.service) for problem in _audited(each))]


def _move(made: Places, arguments: list[str], rng: random.Random) -> None:
    if rng.random() < KILLED:
        process = made.begin(*arguments)
        assert process.stderr
        for _ in range(rng.randint(1, 3)):
            process.stderr.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        print(f"killed: {' '.join(arguments)}, then {made.row()}", flush=True)
    said = made.move(*arguments)
    print(*(line for line in said.splitlines() if line.startswith("passed")), flush=True)


def _wrong(outcome: Outcome) -> list[str]:
    found = [f"failed: {what}" for what in outcome.failed[:10]]
    found += [f"lost: {each}" for each in sorted(outcome.lost)[:10]]
    return found + [f"doubled: {each}" for each in sorted(outcome.doubled)[:10]]


def _audited(deployable: Deployable) -> list[str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "audit", "--wait", "60"],
        cwd=deployable.root,
        env=environment(**deployable.settings) | {"LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
    )
    return [f"audit of {deployable}: {done.stdout[-1000:]}{done.stderr[-1000:]}"] if done.returncode else []


if __name__ == "__main__":
    sys.exit(main())
