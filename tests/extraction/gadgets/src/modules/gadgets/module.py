from contracts.catalog import ProductAdded
from contracts.gadgets import Gadgets, GadgetsV1, Workshop
from seamline.module import Job, Module, Setting

MODULE = Module(
    name="gadgets",
    summary="Gadgets.",
    serves=(Gadgets, GadgetsV1, Workshop),
    subscribes=(ProductAdded,),
    jobs=(Job("polish", every=1.0),),
    settings=(Setting("COLOUR", "What colour gadgets are.", "green", required=False),),
    apps=("django.contrib.humanize",),
    middleware=("modules.gadgets.middleware.Stamp",),
    context_processors=("modules.gadgets.context.slogan",),
    authentication_backends=("modules.gadgets.operators.Inventor",),
)
