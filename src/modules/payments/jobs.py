from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import structlog

from modules.payments import queries, service
from modules.payments.providers import provider_of

log = structlog.get_logger("modules.payments")

OVERDUE = timedelta(minutes=1)
"""After which a provider's answer is taken for lost."""


def reconcile() -> None:
    """Ask what became of payments whose answer was lost, and free what was set aside after a payment was voided."""
    for payment_id, method in queries.overdue(OVERDUE):
        with _alone(payment_id):
            provider, token = provider_of(method)
            service.settle(payment_id, provider.inquire(payment_id, token))
    for payment_id in queries.to_void_again():
        with _alone(payment_id):
            service.void_again(payment_id)


@contextmanager
def _alone(payment_id: UUID) -> Iterator[None]:
    """A payment that cannot be reconciled must not keep the others from being."""
    try:
        yield
    except Exception as error:
        log.error("not_reconciled", payment_id=str(payment_id), exc_info=error)
