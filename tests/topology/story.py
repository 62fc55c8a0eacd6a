"""One walk through the shop that needs every module, where the whole suite would tell no more."""

from tests.shop import Shop


def customer_is_served(shop: Shop) -> None:
    """Somebody registers, orders what staff put up for sale, is told so, and gets it."""
    customer = shop.customer()
    sku = shop.product(price=1000, stock=1)
    order = customer.bought(sku)
    assert order["nickname"] == customer.nickname
    customer.sees_points(10)
    customer.hears("order_confirmed")
    shop.move(order["id"], "shipped")
    customer.sees_payment(order["payment_id"], "captured")
    shop.has_stock(sku, available=0, reserved=0)
