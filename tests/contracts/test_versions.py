"""Two versions of a contract, served side by side by one module."""

from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from seamline import topology
from seamline.calls import call, server
from seamline.contract import Contract, InvalidArguments, query
from seamline.module import BadManifest, Module


class Greetings(Contract, module="greetings", version=2):
    """The present way to greet."""

    @query
    def greet(self, name: str, loud: bool) -> str: ...


class GreetingsV1(Contract, module="greetings", version=1):
    """As it was before."""

    @query
    def greet(self, name: str) -> str: ...


def greet(name: str, loud: bool) -> str:
    return f"Hello, {name}{'!' if loud else '.'}"


def greet_as_before(name: str) -> str:
    return greet(name, loud=False)


class InMemory(Module):
    """A module whose rooms are not files."""

    rooms: dict[str, Any] = {"queries": SimpleNamespace(greet=greet), "v1": SimpleNamespace(greet=greet_as_before)}

    def room(self, name: str) -> ModuleType:
        return cast(ModuleType, self.rooms[name])


@pytest.fixture(autouse=True)
def here() -> Any:
    before = topology.current()
    topology.use(topology.Topology(before.here | {"greetings"}))
    yield
    topology.use(before)


def test_each_version_is_answered_from_its_own_room() -> None:
    server.register_module(InMemory("greetings", "How to greet.", serves=(Greetings, GreetingsV1)))
    assert call(Greetings).greet("Eve", loud=True) == "Hello, Eve!"
    assert call(GreetingsV1).greet("Eve") == "Hello, Eve."
    with pytest.raises(InvalidArguments):
        call(Greetings).greet("Eve", cast(bool, "very"))


def test_an_only_version_is_answered_from_the_usual_rooms_whatever_its_number() -> None:
    server.register_module(InMemory("greetings", "How to greet.", serves=(Greetings,)))
    assert call(Greetings).greet("Eve", loud=False) == "Hello, Eve."


def test_a_function_with_another_signature_than_promised_is_refused_at_start() -> None:
    with pytest.raises(BadManifest, match="takes other arguments than its contract"):
        server.register_module(InMemory("greetings", "How to greet.", serves=(GreetingsV1,)))
