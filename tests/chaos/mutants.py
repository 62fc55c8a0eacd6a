"""`make chaos-mutants`: is the campaign's oracle awake? With a guard taken out, it has to find something.

Each mutant is a copy of the product with one guard less. It is put through a campaign of the faults that this guard is
there for; so is the product as it is, in which the same campaign may find nothing.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import faults
from tests.chaos.campaign import Campaign
from tests.chaos.faults import Fault
from tests.processes import REPOSITORY

PRODUCT = ("contracts", "src", "manage.py")


@dataclass(frozen=True)
class Mutant:
    """A guard that is taken out, and the faults that it guards against."""

    path: str
    before: str
    after: str
    faults: tuple[Fault, ...]
    seconds: float
    """During which faults begin."""
    customers: int = 5
    pace: float = 0.3
    """Seconds between a customer's orders, on average."""
    fault_pace: float = 0.3
    """Seconds between faults, on average: some work is to be done in between."""
    timeout: float = 10.0
    """Seconds after which a customer sends a request again."""
    settling_seconds: float = 60.0
    """After the last fault."""


MUTANTS = {
    # Who has lost a request to another, and was answered for meanwhile, settles it all the same.
    "fence": Mutant(
        "src/seamline/work/leases.py",
        "AND attempts = %(token)s AND {self.is_open}{where}",
        "AND attempts >= 0 * %(token)s{where}",
        (faults.stall_worker,),
        seconds=45,
        customers=8,
        pace=0.05,
        timeout=1.0,
    ),
    # A checkout that waits asks for its payment again: then there are several.
    "unique-key": Mutant(
        "src/modules/payments/migrations/0001_initial.py",
        '("order_id", models.UUIDField(unique=True))',
        '("order_id", models.UUIDField())',
        (faults.kill_worker,),
        seconds=6,
        pace=0.05,
        fault_pace=2.5,
        settling_seconds=25.0,
    ),
    # What was delivered before is handled again.
    "inbox": Mutant(
        "src/seamline/events/mailbox.py",
        "return {event_id for (event_id,) in fetch(module, _REMEMBER, [module, ids, names])}",
        "return {*ids, *(event_id for (event_id,) in fetch(module, _REMEMBER, [module, ids, names]))}",
        (faults.kill_backend,),
        seconds=50,
        customers=8,
        pace=0.05,
        fault_pace=2.5,
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos-mutants", description=__doc__)
    parser.add_argument("mutants", nargs="*", metavar="mutant", help=f"of {', '.join(MUTANTS)}; all unless named")
    parser.add_argument("--seed", type=int, default=4, help="decides what is done when (4)")
    options = parser.parse_args()
    if unknown := sorted({*options.mutants} - {*MUTANTS}):
        parser.error(f"there is no mutant {unknown[0]!r}; there are: {', '.join(MUTANTS)}")
    noticed = [is_noticed(name, options.seed) for name in options.mutants or MUTANTS]
    return int(not all(noticed))


def is_noticed(name: str, seed: int) -> bool:
    """Tell whether the campaign finds something with the guard taken out, and nothing with it in place."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-mutant-"))
    whole, broken = (wage(MUTANTS[name], seed, folder / str(mutated), mutated) for mutated in (False, True))
    noticed = bool(broken.ledger.violations) and not whole.ledger.violations
    print(f"{name}: {'noticed' if noticed else 'NOT noticed'}", flush=True)
    for campaign in (broken,) if noticed else (whole, broken):
        print("  " + campaign.report.replace("\n", "\n  "), flush=True)
    if noticed:
        shutil.rmtree(folder)
    return noticed


def wage(mutant: Mutant, seed: int, folder: Path, mutated: bool = True) -> Campaign:
    """Put the product, or a mutant of it, through the campaign."""
    folder.mkdir(exist_ok=True)
    with copy(mutant if mutated else None) as root:
        return Campaign(
            "monolith",
            seed,
            folder,
            kills=sys.maxsize,
            seconds=mutant.seconds,
            customers=mutant.customers,
            pace=mutant.pace,
            fault_pace=mutant.fault_pace,
            timeout=mutant.timeout,
            settling_seconds=mutant.settling_seconds,
            faults=dict.fromkeys(mutant.faults, 1),
            root=root,
        ).wage()


@contextmanager
def copy(mutant: Mutant | None) -> Iterator[Path]:
    """Copy the product, without a mutant's guard."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        root = Path(place)
        for name in PRODUCT:
            if (REPOSITORY / name).is_dir():
                shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("*.pyc.*", "tests"))
            else:
                shutil.copy(REPOSITORY / name, root / name)
        if mutant:
            apply(mutant, root)
        yield root


def apply(mutant: Mutant, root: Path) -> None:
    """Take the guard out."""
    path = root / mutant.path
    text = path.read_text()
    assert text.count(mutant.before) == 1, f"{mutant.path} has no longer, once: {mutant.before!r}"
    path.write_text(text.replace(mutant.before, mutant.after))


if __name__ == "__main__":
    sys.exit(main())
