"""`python -m benchmarks [subject …]`: measure, print, and write `results.json` and `docs/benchmarks.md`."""

import argparse
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import SUBJECTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {', '.join(SUBJECTS)}; all unless named")
    parser.add_argument("--rounds", type=int, help="at most so many rounds of each experiment")
    options = parser.parse_args()
    if unknown := set(options.subjects) - set(SUBJECTS):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    for name in options.subjects or SUBJECTS:
        measure(name, options.rounds)


def measure(name: str, rounds: int | None) -> None:
    """Measure one subject, and keep what came of it."""
    from benchmarks import report
    from benchmarks.harness import Experiment
    from benchmarks.lab import Lab

    subject = importlib.import_module(f"benchmarks.subjects.{name}")
    others, begun = Others(), time.monotonic()
    say(f"{name} …")
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for experiment in (found for found in vars(subject).values() if isinstance(found, Experiment)):
            say(experiment.title)
            experiment.rounds = min(rounds or experiment.rounds, experiment.rounds)
            # A lab of its own: nothing that one experiment started runs beside the next.
            with Lab.opened(Path(tempfile.mkdtemp(dir=folder))) as lab:
                results.append(experiment.run(lab, say))
            print(report.table(results[-1]), flush=True)
    found = {"name": name, "about": (subject.__doc__ or "").strip(), "experiments": results}
    report.keep(name, found | {"machine": report.machine(), "disturbed": others.disturbed()})
    say(f"{name}: {time.monotonic() - begun:.0f} s")


class Others:
    """What others use of the machine from here on: it makes the numbers worth less."""

    def __init__(self) -> None:
        self._begun, self._busy = time.monotonic(), self._busy_now()

    def disturbed(self) -> str:
        """What to say of it. Asked when all that was started here has ended, and so counts as ours."""
        capacity = (time.monotonic() - self._begun) * (os.cpu_count() or 1)
        share = 100 * (self._busy_now() - self._busy) / capacity
        return f"Meanwhile others used {share:.0f} % of the machine." if share > 3 else ""

    def _busy_now(self) -> float:
        times, own = psutil.cpu_times(), os.times()
        idle = sum(getattr(times, name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice"))
        return sum(times) - idle - sum(own[:4])


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
