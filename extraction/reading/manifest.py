"""A module's manifest, read from `module.py` without running it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from extraction.reading.source import Source, argument, text
from extraction.reading.stages import Stage

_MODULE = "seamline.module"
DEPARTED = f"{_MODULE}.ExtractedModule"
"""What the manifest of a module that left for good is made with."""


@dataclass(frozen=True)
class Setting:
    """A setting that the manifest declares."""

    name: str
    help: str
    development: str
    required: bool
    line: int
    secret: bool = True


@dataclass(frozen=True)
class Manifest:
    """What a module says of itself. Contracts and events are dotted names, each with the line that names it."""

    name: str
    summary: str
    path: str
    line: int
    serves: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    subscribes: Mapping[str, int] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    apps: Mapping[str, int] = field(default_factory=dict)
    """Django applications of others that it needs installed."""
    authentication_backends: tuple[str, ...] = ()
    departed: bool = False
    data: str = "database"
    """Where its tables stand: "shared", "schema" or "database"."""
    guards: str = "refuse"
    """What becomes of commands to it inside a transaction: "warn" or "refuse"."""

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return Stage.of(self.data, departed=self.departed)


class UnreadableManifest(Exception):
    """The manifest is not written out plainly enough to be read; `line` says where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def read(source: Source) -> Manifest:
    """The manifest in a `module.py`. Raises `UnreadableManifest`."""
    call = _declaration(source.tree)
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    name = text(given.get("name"))
    if name is None:
        raise UnreadableManifest(call.lineno, "the manifest has no name written out as a string")
    return Manifest(
        name=name,
        summary=text(given.get("summary")) or "",
        path=source.path,
        line=call.lineno,
        serves=_classes(source, given.get("serves")),
        calls=_classes(source, given.get("calls")),
        subscribes=_classes(source, given.get("subscribes")),
        settings=tuple(_setting(item) for item in _items(given.get("settings"))),
        apps={name: item.lineno for item in _items(given.get("apps")) if (name := text(item))},
        authentication_backends=tuple(filter(None, map(text, _items(given.get("authentication_backends"))))),
        departed=source.qualified(call.func) == DEPARTED,
        data=_member(source, given.get("data"), f"{_MODULE}.Data", "database"),
        guards=_member(source, given.get("guards"), f"{_MODULE}.Guards", "refuse"),
    )


def _declaration(tree: ast.Module) -> ast.Call:
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "MODULE" for target in targets):
            value = getattr(statement, "value", None)
            if isinstance(value, ast.Call):
                return value
            raise UnreadableManifest(statement.lineno, "MODULE is not a call of Module(…)")
    raise UnreadableManifest(1, "there is no MODULE = Module(…)")


def _items(node: ast.expr | None) -> list[ast.expr]:
    if node is None:
        return []
    if not isinstance(node, ast.Tuple | ast.List):
        raise UnreadableManifest(node.lineno, "the manifest names something that is not written out as a tuple")
    return node.elts


def _classes(source: Source, node: ast.expr | None) -> dict[str, int]:
    found = {}
    for item in _items(node):
        name = source.qualified(item)
        if name is None:
            raise UnreadableManifest(item.lineno, f"{ast.unparse(item)} is not imported by its name")
        found[name] = item.lineno
    return found


def _member(source: Source, node: ast.expr | None, kind: str, default: str) -> str:
    """Read a member of one of the manifest's enumerations: `Data.SHARED` is "shared"."""
    if node is None:
        return default
    name = source.qualified(node) or ""
    if name.rpartition(".")[0] != kind:
        raise UnreadableManifest(node.lineno, f"{ast.unparse(node)} is no member of {kind} written out")
    return name.rpartition(".")[2].lower()


def _setting(node: ast.expr) -> Setting:
    name = text(argument(node, 0, "name")) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or name is None:
        raise UnreadableManifest(node.lineno, f"{ast.unparse(node)} is not a Setting(…) with its name written out")
    return Setting(
        name=name,
        help=text(argument(node, 1, "help")) or "",
        development=text(argument(node, 2, "development")) or "",
        required=not _is_false(argument(node, 3, "required")),
        line=node.lineno,
        secret=not _is_false(argument(node, 4, "secret")),
    )


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
