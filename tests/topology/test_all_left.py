"""Every module may leave: what stays is a gateway, which passes everybody's requests and calls on."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.processes import Deployable, Yard
from tests.shop import Shop
from tests.topology.pairs import calls_answered, extract, modules, requests_answered
from tests.topology.story import customer_is_served


@pytest.fixture
def services(the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Deployable]]:
    """A service for every module, not started yet."""
    folder = tmp_path_factory.mktemp("all")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(the_yard.deployable(f"{name}_of_all", extract(name, folder / name)))
            for name in modules()
        }


def test_a_monolith_that_every_module_left_still_serves(the_yard: Yard, services: dict[str, Deployable]) -> None:
    with the_yard.deployable("gateway") as gateway:
        gateway.launch(**{f"{name.upper()}_URL": service.url for name, service in services.items()})
        for service in services.values():
            service.launch(GATEWAY_URL=gateway.url)
        for deployable in (gateway, *services.values()):
            deployable.until_ready()
        for deployable in (gateway, *services.values()):
            deployable.until_heard()

        customer_is_served(Shop(gateway.client))

        for service in services.values():
            assert requests_answered(service) and calls_answered(service), str(service)
