"""`make test-document`: hold the API to its document at length. Exits with 1 at any finding."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.api_document import javascript
from tests.api_document.checks import JSON, run_schemathesis
from tests.api_document.javascript import Step
from tests.processes import Deployable, yard
from tests.shop import Shop


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-document", description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="that schemathesis tries of each endpoint (2000)")
    parser.add_argument("--seed", help="decides which; a new one unless given")
    parser.add_argument("--only", choices=("schemathesis", "javascript"), help="leave out the other")
    options = parser.parse_args()
    failed = 0
    with (
        tempfile.TemporaryDirectory(prefix="api-document.") as name,
        yard(Path(name)) as made,
        made.deployable("document") as monolith,
    ):
        monolith.start()
        started = time.monotonic()
        for step in _steps(monolith, Path(name), options):
            verdict = "ok" if step.passed else "FAILED"
            print(f"{verdict:6} {time.monotonic() - started:6.0f} s  {step.name}", flush=True)
            failed += not step.passed
            print("" if step.passed else step.output, end="")
        monolith.stop()
    return int(failed > 0)


def _steps(monolith: Deployable, folder: Path, options: argparse.Namespace) -> Iterator[Step]:
    if options.only != "schemathesis":
        document = folder / "openapi.json"
        document.write_bytes(monolith.client.page("/api/schema", Accept=JSON).content)
        sku = Shop(monolith.client).product(stock=5)
        yield from javascript.run_all(document, monolith.url, sku, folder / "javascript")
    if options.only != "javascript":
        seed = ("--seed", options.seed) if options.seed else ()
        done = run_schemathesis(monolith.url, options.examples, *seed)
        yield Step(f"schemathesis, {options.examples} examples", done.returncode == 0, done.stdout + done.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
