from contracts.orders import OrderCancelled, OrderReturned, OrderShipped
from contracts.payments import Payments
from seamline.module import Job, Module, Setting

MODULE = Module(
    name="payments",
    summary="Authorise, capture and refund; provider callbacks.",
    serves=(Payments,),
    subscribes=(OrderShipped, OrderCancelled, OrderReturned),
    jobs=(Job("reconcile", every=30.0),),
    settings=(
        Setting("CALLBACK_SECRET", "What the sandbox signs its callbacks with.", "sandbox-development-secret"),
        Setting(
            "PROVIDERS",
            "The providers that take new payments, with commas between: `sandbox` takes no money, `stripe` does.",
            "sandbox",
            secret=False,
        ),
        Setting("STRIPE_API_KEY", "The secret key of the account at Stripe: sk_live_….", "", required=False),
        Setting("STRIPE_WEBHOOK_SECRET", "What Stripe signs its callbacks with: whsec_….", "", required=False),
        Setting(
            "STRIPE_BASE_URL",
            "Where Stripe's API is.",
            "https://api.stripe.com",
            required=False,
            secret=False,
        ),
    ),
)
