from modules.payments.models import LedgerEntry, Payment, Refund
from seamline.personal_data import Kept, PersonalData

_ACCOUNTS = Kept("payments are part of the accounts")

PERSONAL_DATA = (
    PersonalData(
        "payment",
        lambda user_id: Payment.objects.filter(customer_id=user_id),
        ("id", "order_id", "amount", "currency", "method", "status", "refunded", "created_at"),
        _ACCOUNTS,
    ),
    PersonalData(
        "refund",
        lambda user_id: Refund.objects.filter(payment__customer_id=user_id),
        ("payment_id", "amount", "created_at"),
        _ACCOUNTS,
    ),
    PersonalData(
        "ledger",
        lambda user_id: LedgerEntry.objects.filter(payment__customer_id=user_id),
        ("payment_id", "operation", "state", "amount", "currency", "provider", "reference", "created_at"),
        _ACCOUNTS,
    ),
)
