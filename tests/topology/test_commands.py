"""The two commands of an extracted service, as its README has them: `make run` and `make test`."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from extraction.processes import runner, vendored
from tests.client import Client
from tests.processes import REPOSITORY, answers, environment, free_port, on_its_runtime
from tests.tools import require_tool
from tests.topology.pairs import ServiceOf, modules
from tests.waiting import eventually


@pytest.fixture(scope="module")
def service(service_of: ServiceOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One extracted service. Which one does not matter: what is tested are the files that all have.

    With it what mypy knows already of the packages that it is made of.
    """
    folder = shutil.copytree(service_of(modules()[0]), tmp_path_factory.mktemp("commands") / "service")
    if (known := REPOSITORY / ".mypy_cache").is_dir():
        shutil.copytree(known, folder / ".mypy_cache")
    return folder


@pytest.fixture(scope="module")
def venv(service: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make` takes for a virtual environment with the service's requirements: ours, by another name."""
    folder = tmp_path_factory.mktemp("venv")
    for part in Path(sys.prefix).iterdir():
        (folder / part.name).symlink_to(part)
    for name in ("local", "dev"):
        digest = hashlib.sha256((service / "requirements" / f"{name}.txt").read_bytes()).hexdigest()
        (folder / f".{name}-{digest}").touch()
    (folder / ".made").touch()
    return folder


def test_make_run_serves_until_it_is_told_to_stop(service: Path, venv: Path, tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [require_tool("make"), "run", f"VENV={venv}", f"PORT={port}"],
            cwd=service,
            env=environment(**on_its_runtime(service)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: answers(port) or process.poll() is not None, bool)
        assert process.poll() is None, (tmp_path / "run.log").read_text()
        Client(f"http://127.0.0.1:{port}").page("/health/ready").expect(200)
        assert f"http://127.0.0.1:{port}/api/docs" in (tmp_path / "run.log").read_text()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
    assert not answers(port)


@pytest.mark.nightly
def test_make_test_passes(service: Path, venv: Path) -> None:
    # In that environment neither runtime nor tool is installed.
    path = os.pathsep.join([runner.import_path(service), str(REPOSITORY)])
    tested = subprocess.run(
        [require_tool("make"), "test", f"VENV={venv}", f"PYTHONPATH={path}"],
        cwd=service,
        env=environment(MYPYPATH=str(vendored.runtime_path(service))),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert tested.returncode == 0, tested.stdout
