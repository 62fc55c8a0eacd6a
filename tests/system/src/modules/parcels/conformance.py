from uuid import UUID

from contracts.depots import Depots
from modules.parcels.service import send
from seamline.calls import call


def load() -> None:
    """A parcel that took the last room of a depot."""
    call(Depots).enlarge("packed", 1)
    send(UUID(int=1), "packed", 500)
