from uuid import UUID

from rest_framework.request import Request

from contracts.lamps import Lamp, Maker, UnknownLamp
from modules.lamps import queries
from seamline.http import Endpoint, endpoint, public


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
