"""A function has the arguments of its contract, in whatever way its file writes their types down."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seamline.contract import signatures

PROMISED = "from uuid import UUID\nfrom seamline.contract import Currency\n\n"
PROMISED += "def hold(parcel: UUID, currency: Currency = 'A'): ...\n"
SAME = {
    "evaluated later": f"from __future__ import annotations\n{PROMISED}",
    "imported for types only": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n\n"
    "if TYPE_CHECKING:\n    from uuid import UUID\n    from seamline.contract import Currency as Code\n\n"
    "def hold(parcel: UUID, currency: Code = 'A'): ...\n",
    "quoted": "import typing\n\nif typing.TYPE_CHECKING:\n    import uuid\n"
    "    from seamline.contract import Currency\n\n"
    "def hold(parcel: 'uuid.UUID', currency: 'Currency' = 'A'): ...\n",
}
OTHER = {
    "def hold(parcel: UUID): ...": "it lacks currency",
    "def hold(parcel: UUID, currency: str = 'A'): ...": "currency is of another type",
    "def hold(parcel: UUID, currency: Currency): ...": "currency has no default",
    "def hold(parcel: UUID, *, currency: Currency = 'A'): ...": "currency has no fixed place there",
}


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Load a text as a module."""
    names: list[str] = []

    def load(text: str) -> ModuleType:
        name = f"tried_{len(names)}"
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        spec: Any = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in names:
        del sys.modules[name]


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_types_are_evaluated_before_they_are_compared(text: str, loaded: Callable[[str], ModuleType]) -> None:
    promised = signatures.arguments(loaded(PROMISED).hold)
    assert signatures.difference(promised, signatures.arguments(loaded(text).hold)) is None


@pytest.mark.parametrize("function", OTHER)
def test_the_argument_that_differs_is_named(function: str, loaded: Callable[[str], ModuleType]) -> None:
    promised = signatures.arguments(loaded(PROMISED).hold)
    given = signatures.arguments(loaded(PROMISED.partition("def")[0] + function + "\n").hold)
    assert signatures.difference(promised, given) == OTHER[function]


def test_a_type_that_no_file_imports_is_an_error(loaded: Callable[[str], ModuleType]) -> None:
    with pytest.raises(NameError, match="Nowhere"):
        signatures.arguments(loaded("def hold(order: 'Nowhere'): ...\n").hold)
