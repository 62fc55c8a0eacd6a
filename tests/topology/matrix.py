"""The acceptance suite in every topology, as a table: `python -m tests.topology.matrix [--without-pairs]`.

All modules at home, each one apart, every two apart, and all apart, as real processes on real databases. Exits with 1
when the suite fails in any of them.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.processes import REPOSITORY, Deployable, Yard, environment, yard
from tests.topology.pairs import extract, modules

Apart = tuple[str, ...]


class Result(NamedTuple):
    """How the suite fared where some modules are apart."""

    apart: Apart
    passed: int
    failed: int
    seconds: float
    output: str

    @property
    def topology(self) -> str:
        return " + ".join(self.apart) or "all at home"


def topologies(pairs: bool) -> Iterator[Apart]:
    """Which modules live apart: none, each, every two where asked for, all."""
    names = modules()
    yield ()
    for size in (1, 2) if pairs else (1,):
        yield from combinations(names, size)
    yield tuple(names)


def run(the_yard: Yard, apart: Apart, services: dict[str, Path]) -> Result:
    """Start the monolith and a service for each module that is apart, and run the suite against them."""
    label = "_".join(name[:3] for name in apart[:2]) or "home"
    started = time.monotonic()
    with ExitStack() as stack:
        gateway = stack.enter_context(the_yard.deployable(f"gateway_{label}"))
        there = {name: stack.enter_context(the_yard.deployable(f"{name}_{label}", services[name])) for name in apart}
        gateway.launch(**{f"{name.upper()}_URL": service.url for name, service in there.items()})
        for service in there.values():
            service.launch(GATEWAY_URL=gateway.url)
        for deployable in (gateway, *there.values()):
            deployable.until_ready()
        for deployable in (gateway, *there.values()):
            deployable.until_heard()
        output = suite(gateway).stdout
    return Result(apart, _count(output, "passed"), _count(output, "failed|errors?"), time.monotonic() - started, output)


def suite(gateway: Deployable) -> "subprocess.CompletedProcess[str]":
    """Run the acceptance suite against a deployable."""
    command = [sys.executable, "-m", "pytest", "-c", "tests/standalone.ini", "tests/shop/acceptance", "--quiet"]
    return subprocess.run(
        [*command, "--no-header", "--tb=short", f"--base-url={gateway.url}", f"--logs={gateway.log.parent}"],
        cwd=REPOSITORY,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-pairs", action="store_true", help="leave out every two modules apart")
    wanted = list(topologies(pairs=not parser.parse_args().without_pairs))
    with tempfile.TemporaryDirectory() as folder, yard(Path(folder)) as the_yard:
        services = {name: extract(name, Path(folder) / f"{name}-service") for name in modules()}
        results = [run(the_yard, apart, services) for apart in track(wanted, "topologies …")]
    show(results)
    return int(any(result.failed or not result.passed for result in results))


def show(results: list[Result]) -> None:
    """The table, and what failed."""
    table = Table("apart", "passed", "failed", "seconds")
    for result in results:
        table.add_row(result.topology, str(result.passed), str(result.failed), f"{result.seconds:.0f}")
        if result.failed or not result.passed:
            print(result.topology, result.output, sep="\n")
    Console().print(table)


def _count(output: str, outcome: str) -> int:
    return sum(int(number) for number in re.findall(rf"(\d+) (?:{outcome})\b", output.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
