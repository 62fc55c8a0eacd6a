"""Each module in turn, as a service beside the monolith."""

import fcntl
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.processes import Yard
from tests.topology import pairs
from tests.topology.pairs import Pair, ServiceOf


@pytest.fixture(scope="session")
def service_of(tmp_path_factory: pytest.TempPathFactory) -> ServiceOf:
    """Gives the folder of a module's service, extracted once, by whichever process of the run asks first.

    Nobody writes there: what is served keeps its rows and logs elsewhere.
    """
    folder = tmp_path_factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "services"
    shared.mkdir(exist_ok=True)

    @cache
    def service(module: str) -> Path:
        with (shared / f"{module}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            into, done = shared / f"{module}-service", shared / f"{module}.done"
            if not done.exists():
                pairs.extract(module, into)
                done.touch()
        return into

    return service


@pytest.fixture(scope="session", params=pairs.modules())
def extracted(request: pytest.FixtureRequest, the_yard: Yard, service_of: ServiceOf) -> Iterator[Pair]:
    module: str = request.param
    with pairs.pair(the_yard, module, service_of(module)) as made:
        yield made


@pytest.fixture
def pair(extracted: Pair) -> Pair:
    """A module's service and the monolith, both running."""
    return extracted.up()


@pytest.hookimpl(tryfirst=True)  # before xdist puts the groups into the tests' ids
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one pair run one after the other, in one process: it is made once."""
    for item in items:
        if isinstance(item, pytest.Function) and "extracted" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(item.callspec.params["extracted"]))
