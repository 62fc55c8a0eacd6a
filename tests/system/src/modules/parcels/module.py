from contracts.depots import Depots
from contracts.parcels import Parcels
from seamline.module import Job, Module, Setting

MODULE = Module(
    name="parcels",
    summary="What is sent.",
    serves=(Parcels,),
    calls=(Depots,),
    jobs=(Job("forget_old", every=3600.0),),
    settings=(Setting("KEPT_DAYS", "How many days a parcel is remembered.", "365", required=False, secret=False),),
)
