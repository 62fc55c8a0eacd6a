"""`make mutants`: mutation-test `verify` over the modules. Exits with 1 where it misses too many."""

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from extraction.processes import interruption
from extraction.reading.project import Project
from tests.mutants.generating import mutants
from tests.mutants.judging import Fate, judge
from tests.processes import REPOSITORY

AIM = 0.9
"""Of the mutants that the modules' own tests kill, those that are to be noticed."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    modules = sorted(Project.at(REPOSITORY).modules)
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(modules)}; all unless named")
    parser.add_argument("--sample", type=int, default=40, help="mutants of each module, drawn at random (40)")
    parser.add_argument("--seed", type=int, default=0, help="decides which (0)")
    options = parser.parse_args()
    if unknown := sorted({*options.modules} - {*modules}):
        parser.error(f"there is no module {unknown[0]!r}; there are: {', '.join(modules)}")
    interruption.prepare()
    total: Counter[Fate] = Counter()
    for module in options.modules or modules:
        total += _try(module, options.sample, random.Random(options.seed))
    killed = total[Fate.NOTICED] + total[Fate.MISSED]
    print(f"noticed {total[Fate.NOTICED]} of the {killed} that the modules' own tests kill; the aim is {AIM:.0%}")
    return int(total[Fate.NOTICED] < AIM * killed)


def _try(module: str, sample: int, rng: random.Random) -> Counter[Fate]:
    made = mutants(module)
    drawn = rng.sample(made, min(sample, len(made)))
    print(f"{module}: {len(drawn)} of {len(made)} mutants …", flush=True)
    fates: Counter[Fate] = Counter()
    with tempfile.TemporaryDirectory(prefix=f"mutants-{module}-") as place:
        for judged in judge(module, drawn, Path(place)):
            fates[judged.fate] += 1
            print(f"  {judged.fate:8}  {judged.mutant}{f'  [{judged.by}]' if judged.by else ''}", flush=True)
    print(f"{module}: {', '.join(f'{fates[fate]} {fate}' for fate in Fate)}", flush=True)
    return fates


if __name__ == "__main__":
    sys.exit(main())
