from typing import Annotated, Literal
from uuid import UUID

import msgspec
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from contracts.payments import Payment, UnknownProvider
from modules.payments import queries, service
from modules.payments.errors import BadSignature, NoSuchPayment, NotRefundable
from modules.payments.providers import Answer, Outcome, provider_of, signed_by_provider
from seamline.contract import Value
from seamline.http import Created, Endpoint, endpoint, public, scope, user

SIGNATURE = OpenApiParameter(
    "X-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="`sha256=` and the hex HMAC-SHA256 of the body under the provider's secret.",
)


class Refund(Value):
    """How much to give back."""

    amount: Annotated[int, msgspec.Meta(ge=1, description="Minor units; all that is left unless given.")] | None = None


class Callback(Value):
    """A provider's late answer."""

    payment_id: UUID
    outcome: Literal["authorised", "declined"]
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class PaymentView(Endpoint):
    @endpoint(access=user, returns=Payment, raises=(NoSuchPayment,))
    def get(self, request: Request, payment_id: UUID) -> Payment:
        """Read a payment.

        A user reads their own; staff with `payments:write` any.
        """
        everybody = self.user.may("payments:write")
        return queries.payment_of(payment_id, None if everybody else self.user.id)


class RefundsView(Endpoint):
    @endpoint(
        access=scope("payments:write"),
        body=Refund,
        returns=Payment,
        status=201,
        raises=(NoSuchPayment, NotRefundable),
        idempotent=True,
    )
    def post(self, request: Request, payment_id: UUID, body: Refund, new_id: UUID) -> Created:
        """Give back some or all of a captured payment."""
        return Created(service.refund(new_id, payment_id, body.amount), f"/api/v1/payments/{payment_id}")


class CallbackView(Endpoint):
    @endpoint(
        access=public,
        body=Callback,
        returns=Payment,
        raises=(BadSignature, NoSuchPayment, UnknownProvider),
        parameters=(SIGNATURE,),
    )
    def post(self, request: Request, provider: str, body: Callback) -> Payment:
        """Take a provider's late answer.

        Repeats are harmless: a payment that is settled stays as it is.
        """
        if not signed_by_provider(request._request.body, request.headers.get("X-Signature", "")):
            raise BadSignature()
        provider_of(f"{provider}:")
        answer = Answer(Outcome(body.outcome), body.reason or ("Declined" if body.outcome == "declined" else ""))
        return service.settle(body.payment_id, answer)
