"""Two peers, each built from its own text of the same contract file, that really talk: through the runtime's codec.

What one may say is made from its types; whether the other understands is for `seamline.calls.wire` to say.
"""

import itertools
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from seamline.calls import wire
from seamline.calls.wire import Response
from seamline.contract import Contract, ContractError, Event, Operation

UUID = "9b2e4b4e-7b1c-4c39-8f0e-2f6a3c1d5e77"
SCALARS = [None, True, False, 0, 1, 7, 10, 20, 150, -1, 2.5, "", "word", "Word 2", UUID]
SCALARS += ["small", "large", "huge", "big", "open", "shut", "sold", "none"]


class Misunderstood(Exception):
    """What was said did not arrive, or arrived as something else."""


FAILURES = (Misunderstood, ContractError, msgspec.MsgspecError)


class Peer:
    """One side, with what its text declares."""

    def __init__(self, text: str) -> None:
        names: dict[str, Any] = {"__name__": "contracts.kiosk"}
        exec(compile(text, "kiosk.py", "exec"), names)
        classes = [
            value for value in names.values() if isinstance(value, type) and value.__module__ == "contracts.kiosk"
        ]
        self.operations: dict[str, Operation] = {
            operation.path: operation
            for contract in classes
            if issubclass(contract, Contract)
            for operation in contract.operations.values()
        }
        self.events: dict[str, Any] = {event.event_name: event for event in classes if issubclass(event, Event)}


def understand(old: Peer, new: Peer) -> bool:
    """Whether a peer from before a change and one from after it can do together all that two old ones could."""
    try:
        for path, operation in old.operations.items():
            call(operation, new.operations[path])
        for name, event in old.events.items():
            _publish(event, new.events[name])
    except (KeyError, *FAILURES):
        return False
    return True


def call(old: Operation, new: Operation) -> None:
    """All that can be sent, and all that can be answered, between two sides of an operation. Raises `FAILURES`."""
    if (old.kind, old.needs_key) != (new.kind, new.needs_key):
        raise Misunderstood("who sends a key, and who stores it")
    for arguments in values(old.arguments):
        body = wire.codec(old).encode_arguments(msgspec.structs.astuple(arguments), {})
        back = wire.encode(wire.codec(new).decode_arguments(body))
        _same(wire.codec(old).decode_arguments(body), wire.codec(old).decode_arguments(back))
        # A caller from before the optional ones were added, or a newer one that leaves them to their defaults.
        body = wire.encode(sparse(arguments))
        back = wire.encode(wire.codec(new).decode_arguments(body))
        _same(wire.codec(old).decode_arguments(body), wire.codec(old).decode_arguments(back))
    for value in itertools.chain.from_iterable((value, sparse(value)) for value in values(old.returns)):
        answer = wire.codec(new).decode_response(_answer(value))
        _same(wire.codec(old).decode_response(_answer(value)), wire.codec(old).decode_response(_answer(answer)))
    for value in values(new.returns):
        wire.codec(old).decode_response(_answer(value))
    for error in _errors(old):
        _same(error.payload, _caught(old, _caught(new, error)).payload)
    for error in _errors(new):
        _caught(old, error)


def _errors(operation: Operation) -> Iterator[ContractError]:
    return (error.from_payload(fields) for error in operation.errors.values() for fields in values(error.Payload))


def _caught(operation: Operation, error: ContractError) -> ContractError:
    """What a caller catches when `error` is raised."""
    try:
        wire.codec(operation).decode_response(wire.error_response(error))
    except ContractError as caught:
        _same((error.code, wire.error_response(error).status), (caught.code, wire.error_response(caught).status))
        return caught
    raise Misunderstood(f"{error.code} was no error")


def _publish(old: Any, new: Any) -> None:
    for event in values(old):
        there = msgspec.json.decode(wire.encode(event), type=new)
        _same(event, msgspec.json.decode(wire.encode(there), type=old))
        _same(event.key, there.key)
        msgspec.json.decode(wire.encode(sparse(event)), type=new)
    for event in values(new):
        msgspec.json.decode(wire.encode(event), type=old)


def _answer(value: Any) -> Response:
    return Response(200, wire.encode(value))


def _same(said: Any, heard: Any) -> None:
    if said != heard:
        raise Misunderstood(f"{said} was heard as {heard}")


def values(annotation: Any) -> Iterator[Any]:
    """Some values of a type: for a struct, each field in turn takes each of its values."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield from _structs(annotation)
    elif get_origin(annotation) is tuple and get_args(annotation)[-1] is ...:
        items = list(values(get_args(annotation)[0]))
        yield from ((), tuple(items), (items[0], items[0]))
    elif get_origin(annotation) is tuple:
        yield from itertools.product(*(itertools.islice(values(item), 2) for item in get_args(annotation)))
    elif get_origin(annotation) is frozenset:
        yield frozenset(values(get_args(annotation)[0]))
    elif get_origin(annotation) not in (None, Annotated, Literal):
        yield from itertools.chain.from_iterable(map(values, get_args(annotation)))
    else:
        for scalar in SCALARS:
            try:
                yield msgspec.json.decode(msgspec.json.encode(scalar), type=annotation)
            except msgspec.ValidationError:
                continue


def _structs(struct: Any) -> Iterator[Any]:
    fields = {field.name: list(values(field.type)) for field in msgspec.structs.fields(struct)}
    first = {name: found[0] for name, found in fields.items()}
    yield struct(**first)
    for name, found in fields.items():
        yield from (struct(**first | {name: value}) for value in found[1:])


def sparse(value: Any) -> Any:
    """A value as somebody says it who knows nothing of what has a default."""
    if isinstance(value, tuple | frozenset):
        return [sparse(item) for item in value]
    if not isinstance(value, msgspec.Struct):
        return value
    config = value.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag else {}
    required = [field.name for field in msgspec.structs.fields(value) if field.default is msgspec.NODEFAULT]
    return tag | {name: sparse(getattr(value, name)) for name in required}
