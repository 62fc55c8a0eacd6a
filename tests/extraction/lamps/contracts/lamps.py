"""Lamps: a contract with an operation for each way to break one."""

from datetime import date
from uuid import UUID

from seamline.contract import AwareDatetime, Category, Contract, ContractError, Event, Value, command, query


class Lamp(Value):
    """Something that gives light."""

    id: UUID
    name: str
    watts: int
    made_at: AwareDatetime


class Maker(Value):
    """Who made a lamp, and where."""

    name: str
    town: str


class UnknownLamp(ContractError, category=Category.NOT_FOUND):
    """There is no such lamp."""

    lamp_id: UUID


class TooBright(ContractError, category=Category.CONFLICT):
    """No lamp may be as bright."""

    watts: int


class LampRenamed(Event, key="lamp_id"):
    """A lamp is called something else."""

    lamp_id: UUID
    name: str


class LampGone(Event, key="lamp_id"):
    """A lamp is lent to nobody any more."""

    lamp_id: UUID


class Lamps(Contract, module="lamps", version=1):
    """Make lamps, and look at them."""

    @query(raises=(UnknownLamp,))
    def lamp(self, lamp_id: UUID) -> Lamp:
        """One lamp."""

    @query
    def names(self) -> tuple[str, ...]:
        """What they are called."""

    @query
    def number(self) -> int:
        """How many there are."""

    @query
    def total_watts(self) -> int:
        """Of all together."""

    @query(raises=(UnknownLamp,))
    def name_of(self, lamp_id: UUID) -> str:
        """What a lamp is called."""

    @query(raises=(UnknownLamp,))
    def is_free(self, lamp_id: UUID, day: date) -> bool:
        """Whether nobody has a lamp on a day."""

    @query
    def lent_out(self, since: AwareDatetime, until: AwareDatetime) -> int:
        """How many are lent in a time, its end left out."""

    @query
    def maker(self) -> Maker:
        """Who makes them."""

    @command(raises=(TooBright,))
    def make(self, name: str, watts: int) -> Lamp:
        """Make one more lamp."""

    @command(raises=(UnknownLamp,), natural_key=True)
    def rename(self, lamp_id: UUID, name: str) -> Lamp:
        """Call a lamp something else."""
