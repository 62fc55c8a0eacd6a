from contracts.catalog import Catalog
from contracts.inventory import Inventory
from contracts.orders import Orders
from contracts.payments import PaymentAuthorised, PaymentFailed, Payments
from contracts.users import Users
from seamline.module import Module, Setting

MODULE = Module(
    name="orders",
    summary="The life of an order: checkout, discounts, status.",
    serves=(Orders,),
    calls=(Users, Catalog, Inventory, Payments),
    subscribes=(PaymentAuthorised, PaymentFailed),
    settings=(
        Setting("MAX_PENDING", "How many pending orders a customer may have.", "20", required=False, secret=False),
        Setting(
            "MAX_PENDING_PIECES",
            "How many pieces a customer's pending orders may hold together.",
            "10000",
            required=False,
            secret=False,
        ),
    ),
)
