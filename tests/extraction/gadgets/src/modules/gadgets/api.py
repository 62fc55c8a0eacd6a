from uuid import UUID

from rest_framework.request import Request

from contracts.gadgets import Gadget, UnknownGadget
from modules.gadgets import queries, service
from seamline.contract import Value
from seamline.http import Created, Endpoint, endpoint, public


class NewGadget(Value):
    """What it takes to make a gadget."""

    name: str


class GadgetsView(Endpoint):
    @endpoint(access=public, body=NewGadget, returns=Gadget, status=201, idempotent=True)
    def post(self, request: Request, body: NewGadget, new_id: UUID) -> Created:
        """Make a gadget."""
        return Created(service.make(new_id, body.name), f"/api/v1/gadgets/{new_id}")


class GadgetView(Endpoint):
    @endpoint(access=public, returns=Gadget, raises=(UnknownGadget,))
    def get(self, request: Request, gadget_id: UUID) -> Gadget:
        """Read a gadget."""
        return queries.gadget(gadget_id)
