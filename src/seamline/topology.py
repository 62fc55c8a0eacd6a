"""Where each module lives: in this process, or at a URL. Read at every call, so that a route can change at run time."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Topology:
    """Where the modules live, from the view of one deployable."""

    here: frozenset[str]
    """Modules whose code is part of this deployable."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Base URLs of modules that were given one of their own: `<MODULE>_URL`. It wins over `here`."""
    gateway: str | None = None
    """Base URL of the deployable that knows the way to every other module: `GATEWAY_URL`."""

    def url(self, module: str) -> str | None:
        """Return a module's base URL, None when it is served in this process. Raises `Unlocated` when it has none."""
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
