"""Errors that cross between modules whole: typed, with a stable code, caught as the same class at home and away."""

import enum
import typing
from typing import Any, ClassVar, Self, dataclass_transform

import msgspec

from seamline.contract.names import domain_of, snake_case
from seamline.contract.values import immutable, location


class Category(enum.StrEnum):
    """What kind of refusal an error is; each transport maps it to its own status."""

    INVALID = "invalid"
    """What was asked makes no sense, whatever the state."""
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """It makes sense, but not in the present state."""
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    DECLINED = "declined"
    """A third party (a bank, say) refused."""
    UNAVAILABLE = "unavailable"
    """Nobody answered, or not in time; nothing is known of the effect."""
    INTERNAL = "internal"


@dataclass_transform(frozen_default=True)
class ContractError(Exception):
    """A refusal that a caller is expected to handle.

    Annotate its fields as in a `Value`. The docstring's first line is its title, `code` is stable and derived from
    the module and the class name: `contracts.parcels.ParcelLost` is `parcels.parcel_lost`.
    """

    code: ClassVar[str] = "error"
    category: ClassVar[Category] = Category.CONFLICT
    title: ClassVar[str] = "Refused"
    Payload: ClassVar[type[msgspec.Struct]] = msgspec.defstruct("Error", [], frozen=True)
    payload: msgspec.Struct

    def __init_subclass__(cls, category: Category | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.category = category or cls.category
        cls.code = f"{domain_of(cls.__module__)}.{snake_case(cls.__name__)}"
        cls.title = (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")
        hints = typing.get_type_hints(cls, include_extras=True)
        names = [n for n, hint in hints.items() if typing.get_origin(hint) is not ClassVar and n != "payload"]
        fields: list[Any] = []
        for name in names:
            immutable(hints[name], f"{location(cls)}: {cls.__name__}.{name}")
            default = cls.__dict__.get(name, msgspec.NODEFAULT)
            fields.append((name, hints[name], default))
        cls.Payload = msgspec.defstruct(cls.__name__, fields, frozen=True, module=cls.__module__)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.payload = self.Payload(*args, **kwargs)
        for name in self.Payload.__struct_fields__:
            setattr(self, name, getattr(self.payload, name))
        super().__init__(self.detail)

    @classmethod
    def from_payload(cls, payload: msgspec.Struct) -> Self:
        """Make the error again, from the fields that crossed the wire."""
        return cls(*msgspec.structs.astuple(payload))

    @property
    def detail(self) -> str:
        """Say in one sentence what it is: the title, and the fields that say which."""
        fields = msgspec.structs.asdict(self.payload)
        return f"{self.title}: " + ", ".join(f"{k} {_plain(v)}" for k, v in fields.items()) if fields else self.title

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(msgspec.structs.astuple(self.payload))


def _plain(value: Any) -> str:
    """Write a field as it crosses the wire: a person is to read no programming language's notation."""
    if isinstance(value, str):
        return str(value.value if isinstance(value, enum.Enum) else value)
    try:
        text = msgspec.json.encode(value, order="deterministic").decode()
    except (msgspec.MsgspecError, TypeError, ValueError):
        return str(value)  # it cannot cross either, of which its sender is told when it is sent
    return str(msgspec.json.decode(text)) if text.startswith('"') else text


class InvalidArguments(ContractError, category=Category.INVALID):
    """The arguments do not fit the operation."""

    reason: str


class KeyReused(ContractError, category=Category.INVALID):
    """The idempotency key was used before, with other arguments."""

    operation: str


class Unexpected(ContractError, category=Category.INTERNAL):
    """The module failed in a way its contract does not name; its log has the cause under this incident."""

    operation: str
    incident: str


class AvailabilityError(ContractError, category=Category.UNAVAILABLE):
    """No answer was had. Every operation may raise one of these, at home and away."""

    module: str


class Unavailable(AvailabilityError):
    """The module did not answer."""


class DeadlineExceeded(AvailabilityError):
    """The time for this call was over before an answer came."""


class Rejected(AvailabilityError):
    """The module was not asked: it failed too often of late, or too many calls to it are under way."""


EVERYWHERE: tuple[type[ContractError], ...] = (
    InvalidArguments,
    KeyReused,
    Unexpected,
    Unavailable,
    DeadlineExceeded,
    Rejected,
)
"""Errors that any operation may raise without declaring them."""
