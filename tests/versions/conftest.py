"""The services that the release before wrote."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Deployable, Yard
from tests.topology import pairs
from tests.topology.pairs import Pair

[ARCHIVE] = Path(__file__).parent.glob("*.tar.xz")
BEFORE = ARCHIVE.name.removesuffix(".tar.xz")
"""Version of the release before this one."""


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with each module's service, as it was written, with its wheels."""
    folder = tmp_path_factory.mktemp("release")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def orders(the_yard: Yard, services: Path) -> Iterator[Pair]:
    """A monolith of now beside a service of then, which calls four modules and is called; events go both ways."""
    with pairs.pair(the_yard, "orders", services / "orders-service") as pair:
        yield pair.up()


@pytest.fixture
def now(the_yard: Yard) -> Iterator[Deployable]:
    """The catalog as this tree serves it, alone; not started yet."""
    with the_yard.deployable("catalog_now", MODULES="catalog") as deployable:
        yield deployable
