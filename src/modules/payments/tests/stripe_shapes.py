"""What Stripe's library says of requests and objects, to hold the double to it."""

import builtins
import sys
import types
import typing
from functools import cache
from typing import Any, Literal, Union

import stripe
from stripe import RequestOptions, params

OPTIONS = RequestOptions.__annotations__
"""What goes with any request, in its headers."""


class Unfit(Exception):
    """Something is not as the library has it."""


def check_parameters(kind: str, given: dict[str, Any]) -> None:
    """Raise `Unfit` for a request's parameter that its typed dictionary has not, or lacks."""
    known = getattr(params, kind)
    fields = {name: str(hint) for name, hint in known.__annotations__.items() if name not in OPTIONS}
    if unknown := given.keys() - fields.keys():
        raise Unfit(f"{kind} has no {sorted(unknown)}")
    if missing := {name for name, hint in fields.items() if "NotRequired" not in hint} - given.keys():
        raise Unfit(f"{kind} lacks {sorted(missing)}")


def check_object(kind: type, given: dict[str, Any], path: str = "$") -> None:
    """Raise `Unfit` for an object with a field that the class has not, or not so, or without one that it has always."""
    hints = _hints(kind)
    if unknown := given.keys() - hints.keys():
        raise Unfit(f"{path}: {kind.__name__} has no {sorted(unknown)}")
    for name, hint in hints.items():
        if name in given:
            _check(hint, given[name], f"{path}.{name}")
        elif not (name.startswith("_") or _may_be_absent(hint)):
            raise Unfit(f"{path}: {kind.__name__} always has {name}")


def _check(hint: Any, value: Any, path: str) -> None:
    if _is_union(hint):
        parts = typing.get_args(hint)
        if value is None and type(None) in parts:
            return
        # `Literal[…] | str` is how the library leaves room for what comes later: of now there are the literals.
        literals = [part for part in parts if typing.get_origin(part) is Literal]
        errors = []
        for part in literals or [part for part in parts if part is not type(None)]:
            try:
                return _check(part, value, path)
            except Unfit as error:
                errors.append(str(error))
        raise Unfit("; ".join(errors))
    origin = typing.get_origin(hint)
    if origin is Literal:
        fits = value in typing.get_args(hint)
    elif origin is list:
        fits = isinstance(value, list)
        for index, item in enumerate(value if fits else ()):
            _check(typing.get_args(hint)[0], item, f"{path}[{index}]")
    elif isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        fits = isinstance(value, dict)
        if fits:
            check_object(hint, value, path)
    elif origin is not None or hint is Any:
        fits = True
    else:
        fits = type(value) is hint
    if not fits:
        raise Unfit(f"{path}: {value!r} is no {hint}")


def _may_be_absent(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.ClassVar or (_is_union(hint) and type(None) in typing.get_args(hint))


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (Union, types.UnionType)


class _Names(dict[str, Any]):
    """Names that the library imports for type checkers alone."""

    def __init__(self, inner: Any, outer: dict[str, Any]) -> None:
        super().__init__(inner)
        self.outer = {*outer, *dir(builtins)}

    def __missing__(self, name: str) -> Any:
        if name in self.outer:
            raise KeyError(name)  # it is looked for there next
        return getattr(stripe, name, Any)  # what the library calls by another name is none of the double's fields


@cache
def _hints(kind: type) -> dict[str, Any]:
    here = vars(sys.modules[kind.__module__])
    return typing.get_type_hints(kind, dict(here), _Names(vars(kind), here))
