"""Programs that hold the API to its document, or make clients of it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.processes import REPOSITORY

HERE = Path(__file__).parent
JSON = "application/vnd.oai.openapi+json"
BIN = Path(sys.executable).parent


def run_schemathesis(url: str, examples: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Ask all that the document allows, and what it forbids, with all checks; `examples` for each endpoint at most."""
    return subprocess.run(
        [
            *(BIN / "schemathesis", "--no-color", "--config-file", HERE / "schemathesis.toml"),
            *("run", f"{url}/api/schema", "--continue-on-failure", "--max-examples", str(examples), *options),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )


def generate_python_client(document: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Have openapi-python-client write a package into a folder, formatted by the ruff of this environment."""
    return subprocess.run(
        [BIN / "openapi-python-client", "generate", "--path", document, "--output-path", folder, "--fail-on-warning"],
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
