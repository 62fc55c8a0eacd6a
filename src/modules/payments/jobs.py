from datetime import timedelta

import structlog

from modules.payments import queries, service
from modules.payments.providers import provider_of

log = structlog.get_logger("seam.payments")

OVERDUE = timedelta(minutes=1)
"""After which a provider's answer is taken for lost."""


def reconcile() -> None:
    """Ask providers what became of the payments whose answer was lost: the money may have been set aside."""
    for payment_id, method in queries.overdue(OVERDUE):
        provider, token = provider_of(method)
        try:
            service.settle(payment_id, provider.inquire(payment_id, token))
        except Exception as error:
            # One that cannot be told must not keep the others from being.
            log.error("not_reconciled", payment_id=str(payment_id), exc_info=error)
