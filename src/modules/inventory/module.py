from contracts.catalog import ProductAdded
from contracts.inventory import Inventory
from contracts.orders import OrderCancelled, OrderReturned, OrderShipped
from kernel.module import Module

MODULE = Module(
    name="inventory",
    summary="Stock and reservations.",
    serves=(Inventory,),
    subscribes=(ProductAdded, OrderShipped, OrderCancelled, OrderReturned),
)
