from contracts.payments import PaymentAuthorised, PaymentFailed
from modules.orders import service


def on_payment_authorised(event: PaymentAuthorised) -> None:
    service.payment_settled(event.order_id)


def on_payment_failed(event: PaymentFailed) -> None:
    service.payment_settled(event.order_id)
