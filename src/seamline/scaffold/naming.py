"""What a new module is called, and all that is called after it; or why it cannot be called that."""

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.urls import Resolver404, resolve

from seamline.contract import Value
from seamline.databases.config import DEPLOYABLE
from seamline.http import Endpoint

LONGEST_NAME = 24
LONGEST_NOUN = 18
_WORDS = re.compile(r"[a-z][a-z0-9]+(_[a-z][a-z0-9]+)*")
_VARIABLES = frozenset({"celery_broker", "database", "gateway", DEPLOYABLE})
"""Names whose `<NAME>_URL` or `<NAME>_DATABASE_URL` means something else."""


class BadName(Exception):
    """The module cannot be called that; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called in a module, after its own name and that of one of its things."""

    name: str
    """`gift_cards`"""
    noun: str
    """`gift_card`"""

    @property
    def words(self) -> str:
        return self.name.replace("_", " ")

    @property
    def noun_words(self) -> str:
        return self.noun.replace("_", " ")

    @property
    def path(self) -> str:
        return self.name.replace("_", "-")

    @property
    def contract(self) -> str:
        return _camel(self.name)

    @property
    def thing(self) -> str:
        return _camel(self.noun)

    @property
    def one(self) -> str:
        """`a gift card`, `an umbrella`"""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun_words}"


def named(name: str, noun: str | None, root: Path) -> Names:
    """The names of a new module of the repository in `root`. Raises `BadName`."""
    _check_words(name, "a module's name", LONGEST_NAME)
    _check_free(name, root)
    names = Names(name, noun or singular(name))
    _check_words(names.noun, "what one of its things is called (--noun)", LONGEST_NOUN)
    if names.noun == name:
        raise BadName(f"the module and one of its things cannot both be called {name!r}: say another --noun")
    _check_address(names)
    _check_schemas(names)
    return names


def singular(name: str) -> str:
    """One of what a module is about, guessed by the rules of English; a word that has no plural gets `_item`."""
    for plural, one in ((r"ies", "y"), (r"(?<=ss)es|(?<=[xz])es|(?<=[cs]h)es", ""), (r"(?<![isu])s", "")):
        if re.search(rf"(?:{plural})$", name):
            return re.sub(rf"(?:{plural})$", one, name)
    return f"{name}_item"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _check_words(given: str, what: str, longest: int) -> None:
    if not _WORDS.fullmatch(given):
        raise BadName(f"{given!r} will not do: {what} is lower-case words with underscores between, such as gift_cards")
    # As a file it is imported by its name, and a class is called after it: `none` would be None.
    if reserved := next(filter(keyword.iskeyword, (given, _camel(given))), None):
        raise BadName(f"{given!r} will not do: {reserved} is a keyword of Python, which {what} cannot be")
    if len(given) > longest:
        raise BadName(f"{given!r} is too long: {what} has {longest} characters at most")


def _check_free(name: str, root: Path) -> None:
    for path in (f"src/modules/{name}", f"contracts/{name}.py", f"contracts/{name}", f"contracts/lock/{name}.json"):
        if (root / path).exists():
            raise BadName(f"{name!r} is taken: there is {path}")
    if label := next((app.name for app in apps.get_app_configs() if app.label == name), None):
        raise BadName(f"{name!r} is taken: it is the label of the Django application {label}")
    if name in sys.stdlib_module_names:
        raise BadName(f"{name!r} is taken: it is a part of Python's standard library")
    if importlib.util.find_spec(name):
        raise BadName(f"{name!r} is taken: a Python package of that name is installed")
    if name in _VARIABLES or name.endswith("_database"):
        raise BadName(f"{name!r} is taken: {name.upper()}_URL is a setting that means something else")


def _check_address(names: Names) -> None:
    try:
        view = resolve(f"/api/v1/{names.path}").func
    except Resolver404:
        return
    raise BadName(f"{names.name!r} is taken: /api/v1/{names.path} is answered by {view.__module__}")


def _check_schemas(names: Names) -> None:
    """In the API's documentation, types and views of all modules stand in one list."""
    # The views are loaded by now, to see who answers.
    known = {found.__name__: found for base in (Value, Endpoint) for found in _below(base)}
    thing = names.thing
    for name in (thing, f"New{thing}", f"{thing}Page", f"{thing}View", f"{names.contract}View"):
        if name in known:
            raise BadName(f"{names.noun!r} is taken: there is a {name} in {known[name].__module__}; say another --noun")


def _below(base: type) -> set[type]:
    found: set[type] = set(base.__subclasses__())
    return found.union(*map(_below, found))
