from contracts.orders import OrderCancelled, OrderCreated, OrderReturned
from contracts.users import Users
from seamline.module import Module, Setting

MODULE = Module(
    name="users",
    summary="Accounts, profiles and loyalty points.",
    serves=(Users,),
    subscribes=(OrderCreated, OrderCancelled, OrderReturned),
    settings=(
        Setting("ACCESS_MINUTES", "How many minutes an access token is good for.", "15", required=False, secret=False),
        Setting("REFRESH_DAYS", "How many days a refresh token is good for.", "14", required=False, secret=False),
    ),
    apps=("seamline.accounts",),
)
