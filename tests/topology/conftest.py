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
