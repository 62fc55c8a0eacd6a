from contracts.depots import DepotEnlarged
from contracts.notes import Notes
from contracts.parcels import ParcelSent
from seamline.module import Module, Setting

MODULE = Module(
    name="notes",
    summary="What happened, in words.",
    serves=(Notes,),
    subscribes=(DepotEnlarged, ParcelSent),
    settings=(
        Setting("ACCESS_MINUTES", "How many minutes an access token is good for.", "15", required=False, secret=False),
        Setting("REFRESH_DAYS", "How many days a refresh token is good for.", "14", required=False, secret=False),
    ),
    apps=("seamline.accounts",),
)
