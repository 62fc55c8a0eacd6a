"""A service that starts on an empty database misses nothing, though nobody has announced a subscription yet."""

from dataclasses import replace

from tests.processes import Yard
from tests.shop import Shop
from tests.topology.pairs import ServiceOf


def test_what_a_new_service_publishes_first_is_heard(the_yard: Yard, service_of: ServiceOf) -> None:
    with (
        the_yard.deployable("unaware_monolith") as monolith,
        the_yard.deployable("unannounced_orders", service_of("orders")) as service,
    ):
        # The monolith does not know the service, so that none of its modules announces anything there.
        monolith.start()
        service.launch(GATEWAY_URL=monolith.url).until_ready()
        customer = Shop(monolith.client).customer()
        sku = Shop(monolith.client).product(price=1000, stock=1)

        replace(customer, client=replace(customer.client, base_url=service.url)).bought(sku)

        customer.sees_points(10)
        customer.hears("order_confirmed")


def test_what_a_new_monolith_publishes_first_is_heard_by_a_service_that_starts_later(
    the_yard: Yard, service_of: ServiceOf
) -> None:
    with (
        the_yard.deployable("early_monolith") as monolith,
        the_yard.deployable("late_notifications", service_of("notifications")) as service,
    ):
        monolith.launch(NOTIFICATIONS_URL=service.url).until_ready()
        customer = Shop(monolith.client).customer()

        service.launch(GATEWAY_URL=monolith.url).until_ready()

        customer.hears("welcome")
