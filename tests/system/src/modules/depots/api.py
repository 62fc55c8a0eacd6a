from rest_framework.request import Request

from contracts.depots import Capacity, Room, UnknownDepot
from modules.depots import queries, service
from seamline.contract import Value
from seamline.http import Endpoint, endpoint, public, user


class More(Value):
    """How much bigger a depot becomes."""

    by: Capacity


class DepotView(Endpoint):
    @endpoint(access=public, returns=Room, raises=(UnknownDepot,))
    def get(self, request: Request, depot: str) -> Room:
        """Look how much room a depot has."""
        return queries.room(depot)

    @endpoint(access=user, body=More, returns=Room)
    def post(self, request: Request, body: More, depot: str) -> Room:
        """Give a depot room for more parcels."""
        return service.enlarge(depot, body.by)
