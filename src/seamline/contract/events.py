"""Events: facts a module publishes, under a stable name, to whoever listens."""

from typing import Any, ClassVar, dataclass_transform

import msgspec

from seamline.contract.names import handler_of
from seamline.contract.values import BadContract, ValueMeta, immutable, location

_catalogue: dict[str, type["Event"]] = {}


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class _EventMeta(ValueMeta):
    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        key: str = "",
        version: int = 1,
        **config: Any,
    ) -> Any:
        cls = super().__new__(mcls, name, bases, namespace, **config)
        if bases and key:
            _declare(cls, key, version)
        elif any(isinstance(base, _EventMeta) for base in bases):
            raise BadContract(f"{location(cls)}: {name} names no ordering key; write class {name}(Event, key='…')")
        return cls


class Event(msgspec.Struct, metaclass=_EventMeta, frozen=True):
    """A fact, in the past tense: `class ParcelSent(Event, key="parcel_id"): …`.

    `key` names the field that deliveries go by: events with the same key reach a subscriber in the order
    they were published in. The stable name is the module's, the class's and the version's:
    `parcels.ParcelSent.v1`. Events are declared in the contract file of the module that publishes them.
    """

    event_name: ClassVar[str]
    module: ClassVar[str]
    key_field: ClassVar[str]
    handler: ClassVar[str]

    @property
    def key(self) -> str:
        """The value that gives this event its place among others."""
        return str(getattr(self, self.key_field))


def event_named(name: str) -> type[Event] | None:
    """Find the event class of a stable name, if a contract file known to this process declares it."""
    return _catalogue.get(name)


def _declare(cls: Any, key: str, version: int) -> None:
    immutable(cls, location(cls))
    if key not in cls.__struct_fields__:
        raise BadContract(f"{location(cls)}: {cls.__name__} has no field {key!r} to order it by")
    cls.module = cls.__module__.rpartition(".")[2]
    cls.key_field = key
    cls.event_name = f"{cls.module}.{cls.__name__}.v{version}"
    cls.handler = handler_of(cls.__name__)
    _catalogue[cls.event_name] = cls
