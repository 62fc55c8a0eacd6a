"""This repository itself: every module can leave, and the layers would notice if one could not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from extraction import plan
from extraction.analysis import check
from extraction.project import Project
from tests.extraction.miniature import Monolith

REPOSITORY = Path(__file__).parents[2]
PROJECT = Project.at(REPOSITORY)
LINT = "from importlinter.cli import lint_imports_command as main; main()"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", REPOSITORY / "importlinter.ini", "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f".{os.pathsep}src"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("module", PROJECT.modules)
def test_module_can_leave(module: str) -> None:
    assert [str(finding) for finding in check(PROJECT, [module])] == []


@pytest.mark.parametrize("module", PROJECT.modules)
def test_no_other_module_goes_along(module: str) -> None:
    paths = plan.plan(PROJECT, module).paths
    assert [path for path in paths if path.startswith("src/modules/") and f"/{module}/" not in path] == [
        "src/modules/__init__.py"
    ]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/modules/pens/extra.py", "from modules.ink import models"),
        ("src/modules/pens/extra.py", "import config.settings"),
        ("src/seamline/extra.py", "from modules.ink import models"),
        ("contracts/extra.py", "import seamline.calls"),
        ("contracts/extra.py", "import django"),
        ("src/seamline/extra.py", "import extraction"),
        ("extraction/__init__.py", "import modules.ink"),
    ],
)
def test_the_layers_notice(path: str, line: str, monolith: Monolith) -> None:
    monolith.write("extraction/__init__.py", "")
    assert lint(monolith.root).returncode == 0, lint(monolith.root).stdout
    monolith.write(path, f"{line}\n")
    assert lint(monolith.root).returncode == 1


def test_the_layers_notice_a_circle(monolith: Monolith) -> None:
    monolith.write("extraction/__init__.py", "")
    monolith.write("src/seamline/one.py", "from seamline import two\n")
    monolith.write("src/seamline/two.py", "from seamline import one\n")
    assert lint(monolith.root).returncode == 1
