from contracts.notifications import Notifications
from contracts.orders import OrderCancelled, OrderCreated, OrderReturned, OrderShipped
from contracts.payments import PaymentRefunded
from contracts.users import UserRegistered
from seamline.module import Module

MODULE = Module(
    name="notifications",
    summary="What the customer is told.",
    serves=(Notifications,),
    subscribes=(UserRegistered, OrderCreated, OrderShipped, OrderCancelled, OrderReturned, PaymentRefunded),
)
