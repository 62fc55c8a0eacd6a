from rest_framework.request import Request

from contracts.parcels import Parcel
from seamline.http import Endpoint, endpoint, user


class ParcelView(Endpoint):
    @endpoint(access=user, returns=Parcel)
    def get(self, request: Request, number: int) -> Parcel:
        """Show who asks for which parcel."""
        return Parcel(number, self.user.id)
