from modules.depots.models import Depot


def load() -> None:
    """A depot that never had room for anything."""
    Depot.objects.create(name="full", capacity=0)
