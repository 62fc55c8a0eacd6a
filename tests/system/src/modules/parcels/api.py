from uuid import UUID

from rest_framework.request import Request

from contracts.depots import Depot, DepotFull, UnknownDepot
from contracts.measures import Grams
from contracts.parcels import Parcel, UnknownParcel
from modules.parcels import queries, service
from seamline.contract import Value
from seamline.http import PAGE_PARAMETERS, Created, Endpoint, Page, endpoint, paginate, public, user


class NewParcel(Value):
    """What is to be sent."""

    depot: Depot
    weight: Grams


class ParcelPage(Page[Parcel]):
    """Some of the parcels."""


class ParcelsView(Endpoint):
    @endpoint(access=public, returns=ParcelPage, parameters=PAGE_PARAMETERS)
    def get(self, request: Request) -> Page[Parcel]:
        """List the parcels, newest first."""
        return paginate(request, queries.all_parcels(), "-created_at", queries.to_parcel)

    @endpoint(
        access=user, body=NewParcel, returns=Parcel, status=201, raises=(DepotFull, UnknownDepot), idempotent=True
    )
    def post(self, request: Request, body: NewParcel, new_id: UUID) -> Created:
        """Send a parcel."""
        return Created(service.send(new_id, body.depot, body.weight), f"/api/v1/parcels/{new_id}")


class ParcelView(Endpoint):
    @endpoint(access=public, returns=Parcel, raises=(UnknownParcel,))
    def get(self, request: Request, parcel_id: UUID) -> Parcel:
        """Find a parcel."""
        return queries.parcel(parcel_id)
