"""Contracts: operations, types, errors and events, as contracts/ declares them."""

import enum
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import contracts
from docs.site.reference.declared import code, field_texts, field_types, signature, table
from seamline.contract import Contract, ContractError, Event, Operation, Value
from seamline.contract.errors import EVERYWHERE
from seamline.module import known


def page() -> str:
    """Write the page, a section for each file of contracts/."""
    text = (
        "The only door between modules: `call(Contract).operation(…)` asks, wherever the module lives "
        "([call another module](../call-another-module.md)). Any operation may also raise "
        + ", ".join(code(error.__name__) for error in EVERYWHERE)
        + ".\n"
    )
    for info in pkgutil.iter_modules(contracts.__path__):
        file = importlib.import_module(f"contracts.{info.name}")
        text += f"\n## {info.name}\n\n{inspect.getdoc(file) or ''}\n"
        own = [each for each in vars(file).values() if getattr(each, "__module__", "") == file.__name__]
        text += "".join(_contract(each) for each in _of(own, Contract))
        text += "".join(_fields(each, "Event", _key(each)) for each in _of(own, Event))
        text += "".join(_fields(each, "Error", f"`{each.code}`") for each in _of(own, ContractError))
        text += "".join(_fields(each, "Type", "") for each in _of(own, Value))
        text += "".join(_words(each) for each in _of(own, enum.Enum))
        text += _aliases(file)
    return text


def _of(own: list[Any], kind: type) -> Iterator[Any]:
    return (each for each in own if isinstance(each, type) and issubclass(each, kind))


def _contract(contract: type[Contract]) -> str:
    callers = [name for name, module in sorted(known().items()) if contract in getattr(module, "calls", ())]
    text = f"\n### {contract.__name__} {code(contract.address)}\n\n{inspect.getdoc(contract)}\n"
    if callers:
        text += f"\nCalled by {', '.join(callers)}.\n"
    return text + "".join(map(_operation, contract.operations.values()))


def _operation(operation: Operation) -> str:
    function = getattr(operation.contract, operation.name)
    facts = [operation.kind.value, f"{operation.timeout:g} s"]
    if operation.is_command:
        facts.append("carries an idempotency key" if operation.needs_key else "a repeat is harmless by its natural key")
    if operation.stale:
        facts.append(f"a last answer may stand in for {operation.stale:g} s")
    own = [error.__name__ for error in operation.errors.values() if error not in EVERYWHERE]
    raises = f" Raises {', '.join(map(code, own))}." if own else ""
    return (
        f"\n#### {code(operation.name)}\n\n```python\n{signature(function)}\n```\n\n"
        f"{inspect.getdoc(function) or ''}\n\n*{', '.join(facts)}.*{raises}\n"
    )


def _key(event: type[Event]) -> str:
    listeners = [name for name, module in sorted(known().items()) if event in module.subscribes]
    heard = f"; heard by {', '.join(listeners)}" if listeners else ""
    return f"{code(event.event_name)}, in order of {code(event.key_field)}{heard}"


def _fields(declared: Any, kind: str, facts: str) -> str:
    below, types = field_texts(declared), field_types(declared)
    struct = declared.Payload if issubclass(declared, ContractError) else declared
    rows = [
        (code(name), code(types[name]) if name in types else "", below.get(name, ""))
        for name in struct.__struct_fields__
    ]
    text = f"\n### {declared.__name__}\n\n{kind}{f', {facts}' if facts else ''}. {inspect.getdoc(declared) or ''}\n\n"
    return text + (table(("field", "type", ""), rows) if rows else "")


def _words(declared: type[enum.Enum]) -> str:
    below = field_texts(declared)
    rows = [(code(word.value), below.get(word.name, "")) for word in declared]
    return f"\n### {declared.__name__}\n\nOne of a few words. {inspect.getdoc(declared) or ''}\n\n" + table(
        ("", ""), rows
    )


def _aliases(file: ModuleType) -> str:
    """List the words that are types with a condition: `Annotated[str, Meta(…)]`."""
    rows = []
    for name, value in vars(file).items():
        if hasattr(value, "__metadata__") and not name.startswith("_"):
            [meta, *_] = value.__metadata__
            kept = {
                each: getattr(meta, each) for each in ("ge", "le", "min_length", "max_length", "pattern", "examples")
            }
            facts = ", ".join(f"{each} {code(fact)}" for each, fact in kept.items() if fact is not None)
            rows.append((code(name), code(value.__origin__.__name__), meta.description or "", facts))
    return "\n### Words\n\n" + table(("type", "is a", "", "so that"), rows) if rows else ""
