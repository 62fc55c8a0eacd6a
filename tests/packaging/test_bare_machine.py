"""Every module, as a service: its two commands, with no index that has the runtime."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from extraction.updating import outdated
from extraction.writing import plan, runtime_wheel, writer
from tests.packaging import wheels
from tests.packaging.making import serving
from tests.packaging.services import PROJECT
from tests.tools import require_tool

MODULES = PROJECT.modules if os.environ.get("EVERY_SERVICE") else ("orders",)
"""A minute each; the night has all of them."""
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("bare_machine")]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment that the first service makes, and that each other brings to its own requirements."""
    yield tmp_path_factory.mktemp("venv") / "venv"


@pytest.mark.nightly
@pytest.mark.parametrize("module", MODULES)
def test_both_commands_pass(module: str, venv: Path, tmp_path: Path) -> None:
    require_tool("make")
    service = tmp_path / "service"
    writer.write(plan.plan(PROJECT, module), service, PROJECT.root, lambda folder: None)
    shared = f"VENV={venv}"
    assert " passed" in wheels.run(["make", "test", shared], service)
    shown = wheels.run([venv / "bin/python", "-m", "pip", "show", "seamline"], service)
    assert f"Version: {runtime_wheel.find().version}\n" in shown
    with serving(service, shared) as client:
        assert list(client.page("/health").expect(200)["modules"]) == [module]
        [standing] = outdated.look([client.base_url])
    assert (standing.runtime, standing.problem) == (runtime_wheel.find().version, "")
