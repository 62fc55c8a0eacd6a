"""Each module in turn, as a service beside the monolith."""

from collections.abc import Iterator

import pytest

from tests.processes import Yard
from tests.topology import pairs
from tests.topology.pairs import Pair


@pytest.fixture(scope="session", params=pairs.modules())
def extracted(
    request: pytest.FixtureRequest, the_yard: Yard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    module: str = request.param
    with pairs.pair(the_yard, module, tmp_path_factory.mktemp("extracted") / f"{module}-service") as made:
        yield made


@pytest.fixture
def pair(extracted: Pair) -> Pair:
    """A module's service and the monolith, both running."""
    return extracted.up()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one pair run one after the other, in one process: it is made once."""
    for item in items:
        if isinstance(item, pytest.Function) and "extracted" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(item.callspec.params["extracted"]))
