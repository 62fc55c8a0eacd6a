import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conftest import ROOT
from tests.contracts.probe import MODULE, Implementation, Probe


@pytest.fixture(scope="session")
def probe_url(django_db_setup: None) -> Iterator[str]:
    """A process of its own that serves the probe, on the same databases."""
    command = [sys.executable, "-c", "from tests.contracts.probe import main; main(0)"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port, "the probe did not start"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(params=["local", "remote"])
def mode(request: pytest.FixtureRequest, probe_url: str) -> Iterator[str]:
    """The probe, served in this process and by another one: whatever is said of it must hold in both."""
    from seamline import topology
    from seamline.testing import fake_contract

    before = topology.current()
    if request.param == "local":
        with fake_contract(Probe, Implementation()):
            yield "local"
    else:
        topology.use(topology.Topology(before.here, {MODULE: probe_url}))
        yield "remote"
        topology.use(before)
