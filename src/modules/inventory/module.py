from contracts.catalog import ProductAdded
from contracts.inventory import Inventory
from contracts.orders import OrderCancelled, OrderReturned, Orders, OrderShipped
from seamline.module import Job, Module

MODULE = Module(
    name="inventory",
    summary="Stock and reservations.",
    serves=(Inventory,),
    calls=(Orders,),
    subscribes=(ProductAdded, OrderShipped, OrderCancelled, OrderReturned),
    jobs=(Job("release_orphans", every=600.0),),
)
