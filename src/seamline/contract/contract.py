"""Contracts and their operations."""

import enum
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, overload

import msgspec

from seamline.contract.errors import EVERYWHERE, ContractError
from seamline.contract.values import BadContract, immutable, location

F = TypeVar("F", bound=Callable[..., Any])
Errors = tuple[type[ContractError], ...]


class Kind(enum.StrEnum):
    """What calling an operation does to the world."""

    QUERY = "query"
    """Nothing: it may be retried and its answer cached."""
    COMMAND = "command"
    """It has an effect, and carries an idempotency key."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a contract, with all that a caller and a server must know to agree on it."""

    contract: type["Contract"]
    module: str
    name: str
    path: str
    """Stable address: `parcels/v1/send`."""
    kind: Kind
    arguments: type[msgspec.Struct]
    returns: Any
    errors: dict[str, type[ContractError]]
    timeout: float
    """Seconds a call may take when its caller has no nearer deadline."""
    is_command: bool
    needs_key: bool
    """Its answer is stored under an idempotency key; False where the effect's own key makes a repeat harmless."""
    stale: float
    """Seconds for which a query's last answer may stand in while its module is away; none where it is 0."""


@dataclass(frozen=True, slots=True)
class _Declared:
    kind: Kind
    raises: tuple[type[ContractError], ...]
    timeout: float
    natural_key: bool
    stale: float = 0.0


class Contract:
    """Base of every module's public interface; see the package's docstring for how one is written.

    Declared with `module` (who serves it) and `version` (raised when a change would break a caller). `facet`
    names a second contract of the same module.
    """

    module: ClassVar[str]
    version: ClassVar[int]
    address: ClassVar[str]
    operations: ClassVar[dict[str, Operation]]

    def __init_subclass__(cls, *, module: str, version: int = 1, facet: str = "") -> None:
        cls.module, cls.version = module, version
        cls.address = f"{module}{'.' if facet else ''}{facet}/v{version}"
        cls.operations = {
            name: _operation(cls, name, attribute)
            for name, attribute in inspect.getmembers(cls, inspect.isfunction)
            if not name.startswith("_")
        }


@overload
def query(function: F, /) -> F: ...
@overload
def query(*, raises: Errors = ..., timeout: float = ..., stale: float = ...) -> Callable[[F], F]: ...
def query(function: Any = None, /, *, raises: Errors = (), timeout: float = 2.0, stale: float = 0.0) -> Any:
    """Declare an operation without effect. `raises` lists its errors, `timeout` is in seconds.

    With `stale`, the last answer to the same arguments stands in while the module is away, for so many seconds.
    """
    return _declare(_Declared(Kind.QUERY, raises, timeout, natural_key=True, stale=stale), function)


@overload
def command(function: F, /) -> F: ...
@overload
def command(*, raises: Errors = ..., timeout: float = ..., natural_key: bool = ...) -> Callable[[F], F]: ...
def command(function: Any = None, /, *, raises: Errors = (), timeout: float = 5.0, natural_key: bool = False) -> Any:
    """Declare an operation with an effect. `raises` lists its errors, `timeout` is in seconds.

    A repeat under the same idempotency key answers what the first call answered. With `natural_key` the effect has
    a key of its own (one reservation per order, say): the implementation must give the same answer to a repeat,
    and nothing is stored.
    """
    return _declare(_Declared(Kind.COMMAND, raises, timeout, natural_key), function)


def _declare(declared: _Declared, function: Any) -> Any:
    def mark(target: Any) -> Any:
        target.declared = declared
        return target

    return mark if function is None else mark(function)


def _operation(contract: type[Contract], name: str, function: Any) -> Operation:
    where = f"{location(function)}: {contract.__name__}.{name}"
    declared = getattr(function, "declared", None)
    if declared is None:
        raise BadContract(f"{where}: is neither a query nor a command; decorate it with @query or @command")
    hints = typing.get_type_hints(function, include_extras=True)
    if "return" not in hints:
        raise BadContract(f"{where}: says not what it returns; annotate it, with None if nothing")
    immutable(hints["return"], f"{where}: what it returns")
    return Operation(
        contract=contract,
        module=contract.module,
        name=name,
        path=f"{contract.address}/{name}",
        kind=declared.kind,
        arguments=msgspec.defstruct(
            f"{contract.__name__}_{name}", _fields(function, hints, where), frozen=True, forbid_unknown_fields=False
        ),
        returns=hints["return"],
        errors={error.code: error for error in (*declared.raises, *EVERYWHERE)},
        timeout=declared.timeout,
        is_command=declared.kind is Kind.COMMAND,
        needs_key=not declared.natural_key,
        stale=declared.stale,
    )


def _fields(function: Any, hints: dict[str, Any], where: str) -> list[Any]:
    fields: list[Any] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            raise BadContract(f"{where}: {parameter} has no fixed place; list every argument by name")
        if parameter.name not in hints:
            raise BadContract(f"{where}: argument {parameter.name} has no type; annotate it")
        immutable(hints[parameter.name], f"{where}: argument {parameter.name}")
        if parameter.default is parameter.empty:
            fields.append((parameter.name, hints[parameter.name]))
        else:
            _check_default(parameter, hints[parameter.name], where)
            fields.append((parameter.name, hints[parameter.name], parameter.default))
    return fields


def _check_default(parameter: inspect.Parameter, hint: Any, where: str) -> None:
    try:
        msgspec.convert(parameter.default, hint)
    except msgspec.ValidationError as error:
        raise BadContract(
            f"{where}: argument {parameter.name}: its default {parameter.default!r} does not fit: {error}"
        ) from None
