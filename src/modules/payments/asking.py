"""Asking providers: for what was decided, outside any transaction, and noting what they answer."""

from functools import partial
from uuid import UUID

import structlog
from django.db.transaction import on_commit

from contracts.payments import PaymentAuthorised, PaymentFailed, PaymentRefunded, PaymentStatus
from modules.payments.ledger import AUTHORISE, Account
from modules.payments.models import LedgerEntry, Operation, State
from modules.payments.providers import Answer, Ask, Outcome, Provider, provider_of
from seamline.contract import Money
from seamline.databases import transaction
from seamline.events import publish

log = structlog.get_logger("modules.payments")


def perform_on_commit(payment_id: UUID) -> None:
    """Ask the provider for what is decided of a payment, once the open transaction commits.

    What is committed will be done, so no failure of that is its caller's: the job `reconcile` asks again.
    """
    on_commit(partial(_perform_quietly, payment_id), using="payments")


def _perform_quietly(payment_id: UUID) -> None:
    try:
        perform(payment_id)
    except Exception as error:
        log.error("not_performed", payment_id=str(payment_id), exc_info=error)


def perform(payment_id: UUID) -> None:
    """Ask for all that is decided and not answered, in the order in which it was, until no answer comes.

    An authorisation is left to who waits for it.
    """
    while (found := _next_request(payment_id)) is not None:
        provider, ask, operation = found
        send = {Operation.CAPTURE: provider.capture, Operation.VOID: provider.void, Operation.REFUND: provider.refund}
        answer = send[operation](ask)
        if answer.outcome is Outcome.PENDING:
            return
        record(payment_id, ask.key, answer)


def record(payment_id: UUID, key: str, answer: Answer) -> None:
    """Note a provider's answer, with what follows from it."""
    state = State.SUCCESS if answer.outcome is Outcome.SUCCESS else State.FAILURE
    with transaction("payments"):
        account = Account.of_payment(payment_id)
        if account and account.answer(key, state, answer.reason, answer.reference):
            _conclude(account, account.entries[-1])
            account.save()
    if state is State.FAILURE and key != AUTHORISE:
        log.error("provider_refused", payment_id=str(payment_id), key=key, reason=answer.reason)


def ask_of(account: Account, request: LedgerEntry) -> tuple[Provider, Ask]:
    """Find whom to ask, and for what. Raises `UnknownProvider`."""
    provider, token = provider_of(account.row.method)
    money = Money(request.amount, request.currency)
    return provider, Ask(account.row.id, request.key, money, token, account.reference)


def _next_request(payment_id: UUID) -> tuple[Provider, Ask, Operation] | None:
    with transaction("payments"):
        account = Account.of_payment(payment_id)
        for key in account.balance.unanswered if account else ():
            if account and key != AUTHORISE:
                request = account.find(key, State.REQUEST)
                assert request is not None  # noqa: S101  for mypy  # nosec B101
                return *ask_of(account, request), Operation(request.operation)
    return None


def _conclude(account: Account, answer: LedgerEntry) -> None:
    row, now = account.row, account.balance
    match Operation(answer.operation), State(answer.state):
        case Operation.AUTHORISE, State.SUCCESS if now.status is PaymentStatus.VOIDED:
            # The order was given up while the provider was asked: what it set aside is freed again.
            account.request(Operation.VOID, account.next_key(Operation.VOID))
            perform_on_commit(row.id)
        case Operation.AUTHORISE, State.SUCCESS:
            publish(PaymentAuthorised(row.order_id, row.id))
        case Operation.AUTHORISE, _ if now.status is PaymentStatus.DECLINED:
            publish(PaymentFailed(row.order_id, row.id, answer.reason))
        case Operation.REFUND, State.SUCCESS if row.customer_id and answer.amount:
            publish(PaymentRefunded(row.order_id, row.customer_id, Money(answer.amount, row.currency)))
        case Operation.CAPTURE, State.FAILURE:
            _give_up_refunds(account)


def _give_up_refunds(account: Account) -> None:
    """Nothing was taken, so nothing is given back: what the provider may hold is freed instead."""
    waiting = [each for each in account.entries if each.operation == Operation.REFUND and each.state == State.REQUEST]
    given_up = [account.answer(each.key, State.FAILURE, "Nothing was captured") for each in waiting]
    if any(given_up):
        account.request(Operation.VOID, account.next_key(Operation.VOID))
        perform_on_commit(account.row.id)
