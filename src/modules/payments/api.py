from typing import Annotated, Literal
from uuid import UUID

import msgspec
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from contracts.payments import Payment, UnknownProvider
from modules.payments import queries, service
from modules.payments.errors import BadSignature, CallbackReplayed, NoSuchPayment, NotRefundable
from modules.payments.providers import provider_named
from modules.payments.providers.sandbox import SandboxEvent
from seamline.contract import Value, whole
from seamline.http import Created, Endpoint, OpenBody, endpoint, public, scope, user

SIGNATURE = OpenApiParameter(
    "X-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="`t=<Unix time>,v1=<digest>`: the hex HMAC-SHA256 of `<Unix time>.<provider>.<body>` under the secret.",
)
STRIPE_SIGNATURE = OpenApiParameter(
    "Stripe-Signature", str, OpenApiParameter.HEADER, required=True, description="As Stripe signs its webhooks."
)


class Refund(Value):
    """How much to give back."""

    amount: Annotated[int, msgspec.Meta(ge=1, description="Minor units; all that is left unless given.")] | None = None


class StripeObject(OpenBody):
    """What an event is about."""

    object: Annotated[str, msgspec.Meta(max_length=100, description="Its kind, such as `payment_intent`.")]


class StripeEventData(OpenBody):
    """It, as it is now."""

    object: StripeObject


class StripeEvent(OpenBody):
    """An event of Stripe's; its documentation has the other fields."""

    id: Annotated[str, msgspec.Meta(pattern=whole("[A-Za-z0-9_]{1,100}"))]
    object: Literal["event"]
    type: Annotated[str, msgspec.Meta(max_length=100)]
    data: StripeEventData


class Received(Value):
    """A callback was taken."""

    payment_id: UUID | None = None
    """The payment that it is about; null where it is about none of ours."""


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
        body=SandboxEvent,
        returns=Payment,
        raises=(BadSignature, CallbackReplayed, NoSuchPayment, UnknownProvider),
        parameters=(SIGNATURE,),
    )
    def post(self, request: Request, provider: str, body: SandboxEvent) -> Payment:
        """Take a provider's late answer.

        An event counts once, and a payment that is settled stays as it is. Signed anew, within five minutes, an event
        may be sent again; the same bytes may not.
        """
        if provider != "sandbox":
            raise UnknownProvider(provider)
        taken = _take("sandbox", request)
        if taken is None:
            raise NoSuchPayment(body.payment_id)
        return taken


class StripeCallbackView(Endpoint):
    @endpoint(
        access=public,
        body=StripeEvent,
        returns=Received,
        raises=(BadSignature, CallbackReplayed, NoSuchPayment, UnknownProvider),
        parameters=(STRIPE_SIGNATURE,),
    )
    def post(self, request: Request, body: StripeEvent) -> Received:
        """Take an event of Stripe's, as its webhooks send them.

        What is about no payment of ours is answered as taken, so that it does not come again.
        """
        payment = _take("stripe", request)
        return Received(payment.id if payment else None)


def _take(provider: str, request: Request) -> Payment | None:
    return service.take_callback(provider, provider_named(provider).verify(request.headers, request._request.body))
