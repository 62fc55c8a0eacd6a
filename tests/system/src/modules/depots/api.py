from rest_framework.request import Request

from contracts.depots import Room, UnknownDepot
from modules.depots import queries
from seamline.http import Endpoint, endpoint, public


class DepotView(Endpoint):
    @endpoint(access=public, returns=Room, raises=(UnknownDepot,))
    def get(self, request: Request, depot: str) -> Room:
        """Look how much room a depot has."""
        return queries.room(depot)
