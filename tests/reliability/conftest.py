"""What the tests of events share."""

from collections.abc import Iterator

import pytest

from tests.listener import Listener, only_listener


@pytest.fixture
def listener(db: None) -> Iterator[Listener]:
    with only_listener() as fake:
        yield fake
