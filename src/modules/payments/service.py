from uuid import UUID, uuid4, uuid5

from contracts.payments import Payment, PaymentDeclined, PaymentMethod, PaymentStatus
from modules.payments import ledger, models, queries
from modules.payments.asking import perform_on_commit, record
from modules.payments.errors import CallbackReplayed, NoSuchPayment, NotRefundable
from modules.payments.ledger import AUTHORISE, Account
from modules.payments.models import Operation, State
from modules.payments.providers import Answer, Ask, Callback, Outcome, Refused, provider_of, refuse_unknown
from seamline.contract import NO_CURRENCY, InvalidArguments, Money
from seamline.databases import insert_new, transaction


def authorise(order_id: UUID, customer_id: UUID, amount: Money, method: PaymentMethod) -> Payment:
    if amount.amount < 0:
        raise InvalidArguments("the amount to authorise may not be negative")
    refuse_unknown(method)
    row = models.Payment(
        id=uuid4(),
        order_id=order_id,
        customer_id=customer_id,
        amount=amount.amount,
        currency=amount.currency,
        method=method,
        status=PaymentStatus.PENDING,
    )
    known = not insert_new(row, "order_id")
    if known:
        row = models.Payment.objects.get(order_id=order_id)
    # The provider is asked outside any transaction; a repeat after a crash asks again, and it knows the payment's id.
    if row.status == PaymentStatus.PENDING:
        _authorise(row, known)
    if row.status == PaymentStatus.DECLINED:
        raise PaymentDeclined(order_id, row.reason)
    if row.status == PaymentStatus.VOIDED:
        raise PaymentDeclined(order_id, "The order was given up")
    return queries.to_payment(row)


def settle(payment_id: UUID, answer: Answer) -> None:
    """Take a provider's late answer to an authorisation, and tell who waits for it.

    A payment that was settled before stays as it is.
    """
    if answer.outcome is not Outcome.PENDING:
        record(payment_id, AUTHORISE, answer)


def take_callback(provider: str, callback: Callback) -> Payment | None:
    """Do what a verified callback says, once for each event; None where it is about no payment of ours.

    Raises `CallbackReplayed` where the very same came before, and `NoSuchPayment` for a payment of another provider.
    """
    with transaction("payments"):
        event = models.ProviderEvent(provider=provider, event_id=callback.event_id, signature=callback.signature)
        is_new = insert_new(event, "provider", "event_id")
        if not is_new and queries.has_event(provider, callback.event_id, callback.signature):
            raise CallbackReplayed()
        if callback.payment_id is None:
            return None
        account = Account.of_payment(callback.payment_id)
        if account is None or not _is_about(account, provider, callback):
            raise NoSuchPayment(callback.payment_id)
        # One that the provider sends again, because our response was lost, is signed anew: it is answered as the first.
        if is_new and callback.answer:
            settle(callback.payment_id, callback.answer)
        elif is_new:
            account.save()
        return queries.to_payment(models.Payment.objects.get(id=callback.payment_id))


def capture(order_id: UUID) -> None:
    """Take what was set aside for the order."""
    with transaction("payments"):
        account = Account.of_order(order_id)
        if account and account.balance.status is PaymentStatus.AUTHORISED:
            account.request(Operation.CAPTURE, account.next_key(Operation.CAPTURE))
            _decide(account)


def cancel(order_id: UUID) -> None:
    with transaction("payments"):
        # Where there is none, that is remembered: an authorise under way that arrives later takes nothing.
        given_up = {"amount": 0, "currency": NO_CURRENCY, "method": "", "status": PaymentStatus.PENDING}
        insert_new(models.Payment(id=uuid4(), order_id=order_id, **given_up), "order_id")
        account = Account.of_order(order_id)
        if account is None:
            return
        if account.balance.status is PaymentStatus.CAPTURED:
            # Always the same id, by which the provider knows a repeat.
            _refund(account, uuid5(account.row.id, "rest"), account.row.amount - account.balance.refunded)
        elif account.balance.status in (PaymentStatus.PENDING, PaymentStatus.AUTHORISED):
            void(account)


def void(account: Account) -> None:
    """Free what is set aside of a payment, and what an authorisation under way sets aside yet."""
    key = account.next_key(Operation.VOID)
    account.request(Operation.VOID, key)
    if account.find(AUTHORISE, State.REQUEST) is None:
        # Nobody was asked for money, and nobody will be.
        account.answer(key, State.SUCCESS)
    _decide(account)


def refund(refund_id: UUID, payment_id: UUID, amount: int | None) -> Payment:
    """Give back `amount` minor units of a captured payment, or all that is left; once for each id.

    Raises `NoSuchPayment` or `NotRefundable`.
    """
    with transaction("payments"):
        account = Account.of_payment(payment_id)
        if account is None:
            raise NoSuchPayment(payment_id)
        row, now = account.row, account.balance
        if account.find(str(refund_id), State.REQUEST) is None:
            left = row.amount - now.refunded if now.status is PaymentStatus.CAPTURED else 0
            if left == 0 or (amount or left) > left:
                raise NotRefundable(payment_id, now.status, Money(left, row.currency))
            _refund(account, refund_id, amount or left)
    return queries.payment_of(payment_id, None)


def _authorise(row: models.Payment, known: bool) -> None:
    provider, token = provider_of(row.method)
    ask = Ask(row.id, AUTHORISE, Money(row.amount, row.currency), token)
    reference = queries.reference_of(row.id) if known else None
    if reference is None:
        try:
            reference = provider.open(ask._replace(key="open"))
        except Refused as why:
            ledger.ask_to_authorise(row.id, "")
            _take(row, Answer(Outcome.FAILURE, str(why)), "")
            return
        if not ledger.ask_to_authorise(row.id, reference):
            # Somebody else asks for the same, or the order was given up: then nobody is asked for money.
            row.refresh_from_db(fields=["status", "reason"])
            if row.status != PaymentStatus.PENDING:
                return
            reference = queries.reference_of(row.id) or reference
    _take(row, provider.authorise(ask._replace(reference=reference)), reference)


def _take(row: models.Payment, answer: Answer, reference: str) -> None:
    """Note what the provider answers to who waits for it, who needs no event."""
    if answer.outcome is Outcome.PENDING:
        return
    if not ledger.answer_to_authorise(row, answer, reference):
        # It was settled or voided meanwhile, and of a voided payment the provider may hold money.
        record(row.id, AUTHORISE, answer)
        row.refresh_from_db(fields=["status", "reason"])


def _refund(account: Account, refund_id: UUID, amount: int) -> None:
    if amount:
        models.Refund.objects.create(id=refund_id, payment=account.row, amount=amount)
    account.request(Operation.REFUND, str(refund_id), amount)
    if not amount:
        account.answer(str(refund_id), State.SUCCESS)
    _decide(account)


def _decide(account: Account) -> None:
    if account.save().unanswered:
        perform_on_commit(account.row.id)


def _is_about(account: Account, provider: str, callback: Callback) -> bool:
    of_provider = account.row.method.partition(":")[0] == provider
    return of_provider and callback.reference in (None, "", account.reference)
