"""Every module may leave: what stays is a gateway, which passes everybody's requests and calls on."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.processes import Deployable, Yard
from tests.shop import Shop
from tests.topology.pairs import ServiceOf, calls_answered, modules, requests_answered
from tests.topology.story import customer_is_served


@pytest.fixture
def services(the_yard: Yard, service_of: ServiceOf) -> Iterator[dict[str, Deployable]]:
    """A service for every module, not started yet."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(the_yard.deployable(f"{name}_of_all", service_of(name))) for name in modules()}


@pytest.mark.long
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
