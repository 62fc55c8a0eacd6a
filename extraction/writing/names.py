"""What a new module is called, and all that is called after it; or why it cannot be called that."""

import builtins
import importlib.util
import json
import keyword
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from extraction.processes import runner
from extraction.processes.errors import InvalidArgument
from extraction.reading import layout

MAX_NAME_LENGTH = 24
MAX_NOUN_LENGTH = 18
_WORDS = re.compile(r"[a-z][a-z0-9]+(_[a-z][a-z0-9]+)*")
_VARIABLES = frozenset({"celery_broker", "database", "gateway", "default"})
"""Names whose `<NAME>_URL` or `<NAME>_DATABASE_URL` means something else."""
_MEANT_OTHERWISE = frozenset(
    {"self", "cls", *keyword.softkwlist}
    | {name for name, what in vars(builtins).items() if isinstance(what, type) and name.islower()}
)
"""No keywords, and yet whoever reads them in code reads something else: `match`, `self`, `list`."""
QUESTION = """
import json, sys
from seamline.runtime import startup
startup.load()
from django.apps import apps
from django.conf import settings
from django.urls import Resolver404, resolve
from seamline.contract import Value
from seamline.http import Endpoint
def below(base):
    found = set(base.__subclasses__())
    return found.union(*map(below, found))
try:
    answered_by = resolve("/api/v1/" + sys.argv[1]).func.__module__
except Resolver404:
    answered_by = None
applications = {config.label: config.name for config in apps.get_app_configs()}
classes = {found.__name__: found.__module__ for base in (Value, Endpoint) for found in below(base)}
found = {"applications": applications, "answered_by": answered_by, "classes": classes, "port": settings.PORT}
print(json.dumps(found))
"""
"""Asked in the folder, by a process of its own, because what it has to say is in its code."""


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
        """`a gift card`, `an order`"""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun_words}"


@dataclass(frozen=True, slots=True)
class Deployable:
    """What a deployable has given a name already, so that a new module cannot."""

    applications: Mapping[str, str]
    """Django applications, by label."""
    answered_by: str | None
    """Whose view answers under the module's path."""
    classes: Mapping[str, str]
    """Where the types and views of the API are declared: in its documentation they stand in one list."""
    port: int


def choose_names(name: str, noun: str | None, root: Path) -> Names:
    """Choose the names of a new module of the repository in `root`. Raises `InvalidArgument`."""
    _check_words(name, "a module's name", MAX_NAME_LENGTH)
    _check_free(name, root)
    names = Names(name, noun or singular(name))
    _check_words(names.noun, "what one of its things is called (--noun)", MAX_NOUN_LENGTH)
    if names.noun == name:
        raise InvalidArgument(f"the module and one of its things cannot both be called {name!r}: say another --noun")
    return names


def is_there(path: Path) -> bool:
    """Whether there is more than Python compiled: Git takes a module's files away, and leaves the folder for that."""
    if not path.is_dir():
        return path.exists()
    return any("__pycache__" not in inside.relative_to(path).parts for inside in path.rglob("*") if not inside.is_dir())


def ask_deployable(names: Names, root: Path) -> Deployable:
    """Ask the deployable in `root` what is taken already. Raises `Refused` where it does not load."""
    said = runner.ask(root, f"{root} does not tell which names are taken", "-c", QUESTION, names.path)
    return Deployable(**json.loads(said))


def refuse_taken(names: Names, deployable: Deployable) -> None:
    """Make sure that nothing there is called as something in the new module is. Raises `InvalidArgument`."""
    if application := deployable.applications.get(names.name):
        raise InvalidArgument(f"{names.name!r} is taken: it is the label of the Django application {application}")
    if deployable.answered_by:
        raise InvalidArgument(f"{names.name!r} is taken: /api/v1/{names.path} is answered by {deployable.answered_by}")
    thing = names.thing
    for name in (thing, f"New{thing}", f"{thing}Page", f"{thing}View", f"{names.contract}View"):
        if home := deployable.classes.get(name):
            raise InvalidArgument(f"{names.noun!r} is taken: there is a {name} in {home}; say another --noun")


def singular(name: str) -> str:
    """Guess one of what a module is about, by the rules of English; a word that has no plural gets `_item`."""
    for plural, one in ((r"ies", "y"), (r"(?<=ss)es|(?<=[xz])es|(?<=[cs]h)es", ""), (r"(?<![isu])s", "")):
        if re.search(rf"(?:{plural})$", name):
            return re.sub(rf"(?:{plural})$", one, name)
    return f"{name}_item"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _check_words(given: str, what: str, longest: int) -> None:
    if not _WORDS.fullmatch(given):
        raise InvalidArgument(
            f"{given!r} will not do: {what} is lower-case words with underscores between, such as gift_cards"
        )
    # As a file it is imported by its name, and a class is called after it: `none` would be None.
    if reserved := next(filter(keyword.iskeyword, (given, _camel(given))), None):
        raise InvalidArgument(f"{given!r} will not do: {reserved} is a keyword of Python, which {what} cannot be")
    if given in _MEANT_OTHERWISE:
        raise InvalidArgument(f"{given!r} will not do: Python means something else by it, which {what} would hide")
    if len(given) > longest:
        raise InvalidArgument(f"{given!r} is too long: {what} has {longest} characters at most")


def _check_free(name: str, root: Path) -> None:
    contract = layout.contract_file(name)
    for path in (layout.module_folder(name), contract, contract.removesuffix(".py"), layout.lock_file(name)):
        if is_there(root / path):
            raise InvalidArgument(f"{name!r} is taken: there is {path}")
    if name in sys.stdlib_module_names:
        raise InvalidArgument(f"{name!r} is taken: it is a part of Python's standard library")
    if importlib.util.find_spec(name):
        raise InvalidArgument(f"{name!r} is taken: a Python package of that name is installed")
    if name in _VARIABLES or name.endswith("_database"):
        raise InvalidArgument(f"{name!r} is taken: {name.upper()}_URL is a setting that means something else")
