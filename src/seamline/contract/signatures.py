"""Compare what a function takes with what its contract promises, and say which argument differs."""

import ast
import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

EMPTY = inspect.Parameter.empty


class Argument(NamedTuple):
    """One argument of a function or of an operation."""

    name: str
    annotation: Any
    default: Any = EMPTY
    has_place: bool = True
    """Whether it can be given by its place and by its name, as a contract's can."""
    written: str = ""
    """Its annotation as the file has it, where that is known."""


def arguments(function: Callable[..., Any]) -> list[Argument]:
    """List a function's arguments with their annotations evaluated. Raises `NameError` and `ImportError`."""
    hints = _hints(function)
    return [
        Argument(p.name, hints.get(p.name, EMPTY), p.default, p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for p in inspect.signature(function).parameters.values()
    ]


def difference(promised: Sequence[Argument], given: Sequence[Argument]) -> str | None:
    """Say in which argument they differ: `it lacks stars`. None where they are the same."""
    ours, theirs = [a.name for a in given], [a.name for a in promised]
    if odd := next((a.name for a in given if not a.has_place), None):
        return f"{odd} has no fixed place there"
    if missing := [name for name in theirs if name not in ours]:
        return f"it lacks {', '.join(missing)}"
    if more := [name for name in ours if name not in theirs]:
        return f"the contract has no {', '.join(more)}"
    if ours != theirs:
        return f"the contract has them in another order: {', '.join(theirs)}"
    for there, here in zip(promised, given, strict=True):
        if here.annotation is EMPTY:
            return f"{here.name} has no type"
        if here.annotation != there.annotation:
            both = f" ({here.written}, and {there.written} in the contract)" if here.written else ""
            return f"{here.name} is of another type{both}"
        if here.default is EMPTY and there.default is not EMPTY:
            return f"{here.name} has no default"
        if here.default != there.default:
            return f"{here.name} has another default"
    return None


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError:
        return typing.get_type_hints(function, localns=_imported_for_types(function), include_extras=True)


def _imported_for_types(function: Callable[..., Any]) -> dict[str, Any]:
    """Run what the function's file imports under `if TYPE_CHECKING:`."""
    module = sys.modules[inspect.unwrap(function).__module__]
    names = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            block = ast.Module(node.body, type_ignores=[])
            exec(compile(block, module.__file__ or "", "exec"), names)  # noqa: S102  the module's own imports  # nosec B102
    return names
