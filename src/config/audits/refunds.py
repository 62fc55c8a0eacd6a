"""Was the customer told of each refund?"""

from collections.abc import Iterator

from config.audits.kinds import NOTICES, PAYMENT
from seamline.audit import Fact, Finding, Rule


def _notices(payment: Fact | None, notices: Fact | None) -> Iterator[Finding]:
    if payment and payment["refunds"] and payment["customer_id"]:
        told = (notices["payment_refunded"] if notices else None) or 0
        if told != payment["refunds"]:
            problem = f"was refunded {payment['refunds']} times, and its customer told {told} times"
            yield Finding(f"payment {payment['id']}", problem, payment.moving)


RULES = (Rule(_notices, (PAYMENT, NOTICES)),)
