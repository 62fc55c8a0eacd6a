"""The shop is the same shop when every one of its modules lives elsewhere."""

import pytest

from tests.processes import Yard
from tests.topology import matrix, pairs
from tests.topology.pairs import ServiceOf


@pytest.mark.long
def test_the_acceptance_suite_passes(the_yard: Yard, service_of: ServiceOf) -> None:
    apart = tuple(pairs.modules())
    result = matrix.run(the_yard, apart, {name: service_of(name) for name in apart})
    assert result.passed and not result.failed, result.output
