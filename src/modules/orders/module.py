from contracts.catalog import Catalog
from contracts.inventory import Inventory
from contracts.notifications import Notifications
from contracts.orders import Orders
from contracts.payments import PaymentAuthorised, PaymentFailed, Payments
from contracts.users import Users
from kernel.module import Module

MODULE = Module(
    name="orders",
    summary="The life of an order: checkout, discounts, status.",
    serves=(Orders,),
    calls=(Users, Catalog, Inventory, Payments, Notifications),
    subscribes=(PaymentAuthorised, PaymentFailed),
)
