from modules.lamps.service import make


def load() -> None:
    """Two lamps."""
    make("Standard", 60)
    make("Small", 4)
