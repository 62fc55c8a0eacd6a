"""Where each module lives: in this process, or at a URL. Read at every call, so that a route can change at run time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Owner(NamedTuple):
    """Who owns a module that moved with its data, by the row in the module's database."""

    epoch: int
    """Grows with each change of owner."""
    name: str
    """The deployable's name; empty where settings place the module."""
    address: str
    """Base URL of the deployable."""
    other: str = ""
    """The deployable at the other end of a move that is not finished."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Where the modules live, from the view of one deployable."""

    here: frozenset[str]
    """Modules whose code is part of this deployable."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Places of modules that have one of their own, by `<MODULE>_URL` or by who owns them. It wins over `here`.

    A place is a base URL, several with commas between, or `discovery://service`."""
    gateway: str | None = None
    """Place of the deployable that knows the way to every other module: `GATEWAY_URL`."""
    owners: Mapping[str, Owner] = field(default_factory=dict)
    """Who owns the modules that ever moved with their data."""
    left: frozenset[str] = frozenset()
    """Modules that another deployable owns: nothing is to be written to their tables from here."""

    def url(self, module: str) -> str | None:
        """Return a module's place, None when it is served in this process. Raises `Unlocated` when it has none."""
        if module in self.moved:
            return self.moved[module]
        if module in self.here:
            return None
        if self.gateway:
            return self.gateway
        raise Unlocated(
            f"nobody serves {module!r}: it is not among the modules of this deployable; "
            f"set {module.upper()}_URL or GATEWAY_URL"
        )

    def is_here(self, module: str) -> bool:
        """Tell whether this process serves the module."""
        return module in self.here and module not in self.moved

    def with_owner(self, module: str, owner: Owner, me: str, setting: str | None) -> "Topology":
        """Derive the topology in which a module has this owner. `me` is this deployable's name, `setting` the URL that
        is set for the module: it counts where there is no owner."""
        url = setting if not owner.name else None if owner.name == me else owner.address
        moved = {name: place for name, place in self.moved.items() if name != module} | ({module: url} if url else {})
        left = self.left - {module} | ({module} if owner.name not in ("", me) else set())
        return replace(self, moved=moved, owners={**self.owners, module: owner}, left=left)


class Unlocated(LookupError):
    """No place is known for a module."""


_topology = Topology(frozenset())


def current() -> Topology:
    """Return where the modules live now."""
    return _topology


def use(topology: Topology) -> None:
    """Route every call that begins from now on by `topology`."""
    global _topology
    _topology = topology
