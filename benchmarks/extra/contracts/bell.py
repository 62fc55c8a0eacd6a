"""Bell: rings, so that somebody hears it."""

from seamline.contract import Contract, Event, command


class Rang(Event, key="ring_id"):
    """The bell was rung, at `at` on the monotonic clock."""

    ring_id: str
    at: float


class Bell(Contract, module="bell", version=1):
    """A bell."""

    @command(natural_key=True)
    def ring(self, ring_id: str) -> None:
        """Ring it."""
