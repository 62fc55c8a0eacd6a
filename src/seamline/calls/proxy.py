"""The caller's side: `call(Contract)` gives a proxy whose methods are the contract's operations."""

import time
import traceback
import uuid
from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from django.db import connections

from seamline import topology
from seamline.calls import client, server, stale_fallback, wire
from seamline.calls.idempotency import KEY
from seamline.context import Context, calling, current, entered
from seamline.contract import AvailabilityError, Contract, ContractError, DeadlineExceeded, Operation, Unavailable
from seamline.layout import alias_of
from seamline.module import Guards, active
from seamline.observability import tracing
from seamline.observability.metrics import note_call

log = structlog.get_logger("seamline.calls")
C = TypeVar("C", bound=Contract)

OUTCOMES = {200: "ok", 500: "unexpected", 503: "unavailable", 504: "unavailable"}
"""What came of a call, by its status, for metrics; `refused` with any other: an error that the contract declares."""


class TransactionOpen(RuntimeError):
    """A command was sent to another module from inside a transaction of the caller's, which could still roll back."""


def call(contract: type[C], *, key: str | None = None, timeout: float | None = None) -> C:
    """Return a proxy of another module: `call(Parcels).track(number)`.

    `key` makes a command's repeat under the same key answer as the first did (a new one is made per call else);
    `timeout` is in seconds and can only shorten what the operation allows.

    The operations raise what their contract declares; any may raise `InvalidArguments`, `Unexpected`, or an
    `AvailabilityError`. A command inside an open transaction raises `TransactionOpen`, unless its module's manifest
    says that it is to be warned of.
    """
    if key is not None and not KEY.fullmatch(key):
        raise ValueError(f"a key is 1 to 100 letters, digits, or ._:- and not {key!r}")
    if key is None and timeout is None:
        return cast(C, _plain(contract))
    return cast(C, _Proxy(contract, key, timeout))


class _Proxy:
    """The operations of one contract, each a function that calls it."""

    def __init__(self, contract: type[Contract], key: str | None, timeout: float | None) -> None:
        for name, operation in contract.operations.items():
            setattr(self, name, _caller(operation, key, timeout))


def _plain(contract: type[Contract]) -> _Proxy:
    if contract not in _plain_proxies:
        _plain_proxies[contract] = _Proxy(contract, None, None)
    return _plain_proxies[contract]


_plain_proxies: dict[type[Contract], _Proxy] = {}


def _caller(operation: Operation, key: str | None, timeout: float | None) -> Callable[..., Any]:
    limit = min(operation.timeout, timeout or operation.timeout)
    codec = wire.codec(operation)
    path = operation.path

    def invoke(*args: Any, **kwargs: Any) -> Any:
        body = codec.encode_arguments(args, kwargs)
        caller = current()
        context = calling(caller, operation.module, limit)
        if operation.is_command:
            _refuse_inside_transaction(operation, caller.module)
        started = time.monotonic()
        try:
            send = _send_traced if tracing.tracer else _send
            response = send(operation, body, key or (uuid.uuid4().hex if operation.needs_key else ""), context)
        except ContractError as error:
            outcome = "unavailable" if isinstance(error, AvailabilityError) else "unexpected"
            note_call(caller.origin, caller.module, path, outcome, time.monotonic() - started)
            raise
        ended = time.monotonic()
        # A response that comes too late is none, in-process too: its caller has long given up.
        is_late = context.deadline <= ended
        outcome = "unavailable" if is_late else OUTCOMES.get(response.status, "refused")
        note_call(caller.origin, caller.module, path, outcome, ended - started)
        if is_late:
            raise DeadlineExceeded(module=operation.module)
        return codec.decode_response(response)

    return stale_fallback.with_stale_fallback(operation, codec, invoke) if operation.stale else invoke


def _send_traced(operation: Operation, body: bytes, key: str, context: Context) -> wire.Response:
    with entered(context), tracing.span(operation.path, tracing.CLIENT, peer_service=operation.module) as span:
        response = _send(operation, body, key, current())
        tracing.end_request(span, operation.path, response.status)
        return response


def _send(operation: Operation, body: bytes, key: str, context: Context) -> wire.Response:
    try:
        url = topology.current().url(operation.module)
    except topology.Unlocated as error:
        log.warning("no_route", module=operation.module, request_id=context.request_id)
        raise Unavailable(module=operation.module) from error
    if url is None:
        try:
            return server.execute(operation, body, key, context)
        except server.Moved as moved:
            url = moved.url
    return client.send(url, operation, body, key, context)


def _refuse_inside_transaction(operation: Operation, module: str | None) -> None:
    for alias in (alias_of(module),) if module and module in active() else connections:
        if _in_transaction(alias):
            place = next(f for f in reversed(traceback.extract_stack()) if "/seamline/" not in f.filename)
            where = f"{place.filename}:{place.lineno}"
            if _is_tolerated(operation.module):
                log.warning("command_in_transaction", operation=operation.path, place=where, database=alias)
                return
            raise TransactionOpen(
                f"{where}: {operation.path} is a command, called inside a transaction on "
                f"{alias!r} that could still roll back; commit first, or publish an event and let its handler act"
            )


def _is_tolerated(module: str) -> bool:
    """Tell whether commands to a module may still be called inside a transaction: its tables stand beside others'."""
    manifest = active().get(module)
    return manifest is not None and manifest.guards is Guards.WARN and topology.current().is_here(module)


def _in_transaction(alias: str) -> bool:
    # A test case's own transaction stands for the database's state, not for work of the caller.
    blocks = getattr(connections[alias], "atomic_blocks", ())
    return any(not block._from_testcase for block in blocks)
