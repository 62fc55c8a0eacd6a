from uuid import UUID

from rest_framework.request import Request

from contracts.lamps import Lamp, Maker, UnknownLamp
from kernel.http.access import public
from kernel.http.endpoints import Endpoint, endpoint
from modules.lamps import queries


class MakerView(Endpoint):
    @endpoint(access=public, returns=Maker)
    def get(self, request: Request) -> Maker:
        """Who makes them."""
        return queries.maker()


class LampView(Endpoint):
    @endpoint(access=public, returns=Lamp, raises=(UnknownLamp,))
    def get(self, request: Request, lamp_id: UUID) -> Lamp:
        """One lamp."""
        return queries.lamp(lamp_id)
