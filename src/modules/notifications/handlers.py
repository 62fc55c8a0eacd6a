from contracts.orders import OrderCancelled, OrderCreated, OrderReturned, OrderShipped
from contracts.payments import PaymentRefunded
from contracts.users import UserRegistered
from modules.notifications.service import tell


def on_user_registered(event: UserRegistered) -> None:
    tell(event.user_id, "welcome", f"Welcome, {event.nickname}!")


def on_order_created(event: OrderCreated) -> None:
    tell(event.customer_id, "order_confirmed", f"Your order over {event.total} is confirmed.", event.order_id)


def on_order_shipped(event: OrderShipped) -> None:
    tell(event.customer_id, "order_shipped", "Your parcel is on its way.", event.order_id)


def on_order_cancelled(event: OrderCancelled) -> None:
    tell(event.customer_id, "order_cancelled", "Your order is cancelled.", event.order_id)


def on_order_returned(event: OrderReturned) -> None:
    tell(event.customer_id, "order_returned", "Your parcel came back to us.", event.order_id)


def on_payment_refunded(event: PaymentRefunded) -> None:
    tell(event.customer_id, "payment_refunded", f"You get {event.amount} back.", event.order_id)
