"""The module's side: bind operations to the functions that implement them, and run one."""

import contextvars
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import structlog
from msgspec.structs import astuple

from seamline import context
from seamline.calls import idempotency, wire
from seamline.calls.wire import OK, Codec, Response
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
from seamline.databases.errors import drop_connection, is_infrastructure
from seamline.module import BadManifest, Module

log = structlog.get_logger("seam.calls")


Implementation = Callable[..., Any]


class BoundOperation(NamedTuple):
    """An operation and the function that implements it."""

    operation: Operation
    implementation: Implementation
    codec: Codec


_served: dict[str, BoundOperation] = {}


def register(contract: type[Contract], implementations: Mapping[str, Implementation]) -> None:
    """Answer for a contract with these functions, by operation name."""
    for name, operation in contract.operations.items():
        _served[operation.path] = BoundOperation(operation, implementations[name], wire.codec(operation))


def register_module(module: Module) -> None:
    """Answer for all that a module's manifest says it serves: queries from `queries.py`, commands from `service.py`.

    Where it serves several versions of a contract, that is the newest; an older one is answered from `v<N>.py`.
    Raises `BadManifest` where an operation has no function, or one with another signature than the contract's.
    """
    for contract in module.serves:
        newest = max(other.version for other in module.serves if _facet(other) == _facet(contract))
        older = f"v{contract.version}" if contract.version < newest else None
        functions = {name: _implementation(module, op, older) for name, op in contract.operations.items()}
        register(contract, functions)


def _facet(contract: type[Contract]) -> str:
    return contract.address.rpartition("/")[0]


def find_operation(path: str) -> BoundOperation | None:
    """What this process answers with at a path such as `parcels/v1/send`."""
    return _served.get(path)


def replace(path: str, before: BoundOperation | None) -> None:
    """Answer at a path as before, or not at all."""
    if before:
        _served[path] = before
    else:
        _served.pop(path, None)


def execute(operation: Operation, body: bytes, key: str, call_context: context.Context) -> Response:
    """Run an operation of a module in this process. Whatever happens comes out as an answer.

    Only declared errors and those of availability leave as they are; anything else is logged here and leaves as
    `Unexpected`, which tells no more than an incident number.
    """
    # Context variables of its own: what the callee sets stays with it, as in another process.
    return contextvars.Context().run(_execute, operation, body, key, call_context)


def _execute(operation: Operation, body: bytes, key: str, call_context: context.Context) -> Response:
    context.begin(call_context)
    try:
        if call_context.deadline <= time.monotonic():
            raise DeadlineExceeded(module=operation.module)
        _, implementation, codec = _served[operation.path]
        arguments = astuple(codec.decode_arguments(body))
        if operation.needs_key:
            return idempotency.once(operation, key, body, lambda: wire.encode_result(implementation(*arguments)))
        return Response(OK, wire.encode_result(implementation(*arguments)))
    except ContractError as error:
        if error.code in operation.errors or isinstance(error, AvailabilityError):
            return wire.error_response(error)
        return _unexpected(operation, error)
    except Exception as error:
        if not is_infrastructure(error):
            return _unexpected(operation, error)
        # The module's database is away: as good as the module, and to be tried again.
        log.error("database_away", operation=operation.path, exc_info=error)
        drop_connection(operation.module, error)
        return wire.error_response(Unavailable(module=operation.module))


def _unexpected(operation: Operation, error: Exception) -> Response:
    incident = uuid.uuid4().hex
    log.error("unexpected", operation=operation.path, incident=incident, exc_info=error)
    return wire.error_response(Unexpected(operation=operation.path, incident=incident))


def _implementation(module: Module, operation: Operation, older: str | None) -> Callable[..., Any]:
    room = older or ("service" if operation.is_command else "queries")
    where = f"src/modules/{module.name}/{room}.py"
    try:
        function: Callable[..., Any] = getattr(module.room(room), operation.name)
    except (ModuleNotFoundError, AttributeError) as cause:
        raise BadManifest(
            f"{where}: the contract {operation.contract.__name__} has a {operation.kind} {operation.name!r}; "
            f"define a function of that name here"
        ) from cause
    if told := _difference(operation, function):
        raise BadManifest(
            f"{where}: {operation.name} takes other arguments than its contract: {told}; make them the same"
        )
    return function


def _difference(operation: Operation, function: Implementation) -> str | None:
    promised = signatures.arguments(getattr(operation.contract, operation.name))[1:]
    try:
        return signatures.difference(promised, signatures.arguments(function))
    except (NameError, ImportError) as error:
        return f"its annotations cannot be evaluated ({error})"
