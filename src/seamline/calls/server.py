"""The server of contract calls: bind operations to the functions that implement them, and run one."""

import contextvars
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import structlog
from msgspec.structs import astuple

from seamline.calls import idempotency, wire
from seamline.calls.wire import OK, Codec, Response
from seamline.context import Context, begin
from seamline.contract import (
    AvailabilityError,
    Contract,
    ContractError,
    DeadlineExceeded,
    Operation,
    Unavailable,
    Unexpected,
    signatures,
)
from seamline.databases import ownership
from seamline.databases.errors import drop_connection, is_infrastructure
from seamline.layout import alias_of
from seamline.module import BadManifest, Module

log = structlog.get_logger("seamline.calls")
Implementation = Callable[..., Any]


class BoundOperation(NamedTuple):
    """An operation and the function that implements it."""

    operation: Operation
    implementation: Implementation
    codec: Codec


class Moved(Exception):
    """The module has just moved, and nothing was done: the call is for `url`, under the same key."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


_served: dict[str, BoundOperation] = {}


def register(contract: type[Contract], implementations: Mapping[str, Implementation]) -> None:
    """Serve a contract with these functions, by operation name."""
    for name, operation in contract.operations.items():
        _served[operation.path] = BoundOperation(operation, implementations[name], wire.codec(operation))


def register_module(module: Module) -> None:
    """Serve all that a module's manifest says it serves: queries from `queries.py`, commands from `service.py`.

    Where it serves several versions of a contract, that is the newest; an older one is answered from `v<N>.py`.
    Raises `BadManifest` where an operation has no function, or one with another signature than the contract's.
    """
    for contract in module.serves:
        newest = max(other.version for other in module.serves if _facet(other) == _facet(contract))
        older = f"v{contract.version}" if contract.version < newest else None
        functions = {name: _find_implementation(module, op, older) for name, op in contract.operations.items()}
        register(contract, functions)


def _facet(contract: type[Contract]) -> str:
    return contract.address.rpartition("/")[0]


def find_operation(path: str) -> BoundOperation | None:
    """Return what serves a path such as `parcels/v1/send` in this process, None where nothing does."""
    return _served.get(path)


def replace(path: str, before: BoundOperation | None) -> None:
    """Serve a path as before, or not at all."""
    if before:
        _served[path] = before
    else:
        _served.pop(path, None)


def execute(operation: Operation, body: bytes, key: str, context: Context) -> Response:
    """Run an operation of a module in this process. Whatever happens comes out as a response.

    Only declared errors and those of availability leave as they are; anything else is logged here and leaves as
    `Unexpected`, which tells no more than an incident number. Raises `Moved` where another deployable has become the
    module's owner meanwhile.
    """
    # Context variables of its own: what the callee sets stays with it, as in another process.
    return contextvars.Context().run(_execute, operation, body, key, context)


def _execute(operation: Operation, body: bytes, key: str, context: Context) -> Response:
    begin(context)
    try:
        if context.deadline <= time.monotonic():
            raise DeadlineExceeded(module=operation.module)
        _, implementation, codec = _served[operation.path]
        arguments = astuple(codec.decode_arguments(body))
        if operation.needs_key:
            return idempotency.once(operation, key, body, lambda: wire.encode_result(implementation(*arguments)))
        return Response(OK, wire.encode_result(implementation(*arguments)))
    except ContractError as error:
        if error.code in operation.errors or isinstance(error, AvailabilityError):
            return wire.error_response(error)
        return _unexpected_response(operation, error)
    except Exception as error:
        if url := ownership.moved_to(operation.module, error):
            raise Moved(url) from None
        if not is_infrastructure(error):
            return _unexpected_response(operation, error)
        # The module's database is away: as good as the module, and to be tried again.
        log.error("database_unavailable", operation=operation.path, error=str(error).strip())
        drop_connection(alias_of(operation.module), error)
        return wire.error_response(Unavailable(module=operation.module))


def _unexpected_response(operation: Operation, error: Exception) -> Response:
    incident = uuid.uuid4().hex
    log.error("unexpected_error", operation=operation.path, incident=incident, exc_info=error)
    return wire.error_response(Unexpected(operation=operation.path, incident=incident))


def _find_implementation(module: Module, operation: Operation, older: str | None) -> Callable[..., Any]:
    room = older or ("service" if operation.is_command else "queries")
    where = module.path_of(f"{room}.py")
    try:
        function: Callable[..., Any] = getattr(module.room(room), operation.name)
    except (ModuleNotFoundError, AttributeError) as cause:
        raise BadManifest(
            f"{where}: the contract {operation.contract.__name__} has a {operation.kind} {operation.name!r}; "
            f"define a function of that name here"
        ) from cause
    if difference := _difference(operation, function):
        raise BadManifest(
            f"{where}: {operation.name} takes other arguments than its contract: {difference}; make them the same"
        )
    return function


def _difference(operation: Operation, function: Implementation) -> str | None:
    promised = signatures.arguments(getattr(operation.contract, operation.name))[1:]
    try:
        return signatures.difference(promised, signatures.arguments(function))
    except (NameError, ImportError) as error:
        return f"its annotations cannot be evaluated ({error})"
