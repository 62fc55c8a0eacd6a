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
        Setting("CALLBACK_SECRET", "What providers sign their callbacks with.", "sandbox-development-secret"),
        Setting(
            "PROVIDERS",
            "The providers that take new payments, with commas between. `sandbox` takes no money, for tests.",
            "sandbox",
            secret=False,
        ),
    ),
)
