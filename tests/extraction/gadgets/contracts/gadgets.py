"""Gadgets: a module that uses all that a module may have."""

from uuid import UUID

from seamline.contract import Category, Contract, ContractError, Event, Value, command, query


class Gadget(Value):
    """Something clever."""

    id: UUID
    name: str
    weight: int | None
    polished: bool


class UnknownGadget(ContractError, category=Category.NOT_FOUND):
    """There is no such gadget."""

    gadget_id: UUID


class GadgetMade(Event, key="gadget_id"):
    """There is a gadget more."""

    gadget_id: UUID


class GadgetsV1(Contract, module="gadgets", version=1):
    """As it was, when gadgets had nothing but a name."""

    @query(raises=(UnknownGadget,))
    def gadget(self, gadget_id: UUID) -> str:
        """A gadget's name."""


class Gadgets(Contract, module="gadgets", version=2):
    """Make gadgets, and look at them."""

    @query(raises=(UnknownGadget,))
    def gadget(self, gadget_id: UUID) -> Gadget:
        """One gadget."""

    @command(natural_key=True)
    def make(self, gadget_id: UUID, name: str) -> Gadget:
        """Make a gadget; a repeat gets the one that is there."""


class Workshop(Contract, module="gadgets", version=1, facet="workshop"):
    """Where gadgets are made."""

    @query
    def makers(self) -> tuple[str, ...]:
        """The names of those who make them."""
