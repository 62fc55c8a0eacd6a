"""A project's settings, read by their syntax: no statement of them is run."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from extraction.survey.syntax import Module, text, written
from extraction.survey.tree import Tree, is_migration

_NAMED = re.compile(rb"""DJANGO_SETTINGS_MODULE["']?\s*(?:[,\]=]|:)+\s*["']?([\w.]+)""")
_NAMING_FILES = ("manage.py", "wsgi.py", "asgi.py", "pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml")
_GROWING = frozenset({"append", "extend", "insert", "add"})
Value = tuple[str, ...]


@dataclass(slots=True)
class Settings:
    """What a survey needs of a project's settings."""

    paths: tuple[str, ...] = ()
    installed_apps: Value = ()
    user_model: str = "auth.User"
    has_atomic_requests: bool = False


@dataclass(slots=True)
class SettingsReader:
    """Reads settings files, each with the files that it takes in."""

    tree: Tree
    names: dict[str, str]
    """The path of each dotted name."""
    read: set[str] = field(default_factory=set)

    def settings(self) -> Settings:
        """Read what manage.py and its like name, or else every file that says INSTALLED_APPS."""
        starts = list(self._named()) or list(self._candidates())
        scopes = [self._run(path) for path in dict.fromkeys(starts)]
        if not any(scope.get("INSTALLED_APPS") for scope in scopes):
            starts = list(self._candidates())
            scopes = [self._run(path) for path in starts]
        found = Settings(tuple(sorted(self.read)))
        found.installed_apps = _union(scope.get("INSTALLED_APPS", ()) for scope in scopes)
        found.user_model = next((s["AUTH_USER_MODEL"][0] for s in scopes if s.get("AUTH_USER_MODEL")), "auth.User")
        found.has_atomic_requests = any("ATOMIC_REQUESTS" in scope for scope in scopes)
        return found

    def _named(self) -> Iterator[str]:
        for path in self.tree.python + [name for name in _NAMING_FILES if (self.tree.root / name).is_file()]:
            if path.rpartition("/")[2] in _NAMING_FILES:
                for match in _NAMED.finditer(self._bytes(path)):
                    found = self._module(match[1].decode(), path)
                    if found:
                        yield found

    def _candidates(self) -> Iterator[str]:
        for path in self.tree.python:
            if not is_migration(path) and re.search(rb"^\s*INSTALLED_APPS\s*[+:=]", self._bytes(path), re.MULTILINE):
                yield path

    def _module(self, name: str, beside: str) -> str | None:
        """Find a module by its name, from the root or from where the file that names it stands."""
        ends = [f"{name.replace('.', '/')}.py", f"{name.replace('.', '/')}/__init__.py"]
        folder = beside.rpartition("/")[0]
        near = [f"{folder}/{end}".lstrip("/") for end in ends]
        known = set(self.tree.python)
        found = next((path for path in (*near, *ends) if path in known), None)
        return found or self.names.get(name) or self.names.get(f"{name}.__init__")

    def _bytes(self, path: str) -> bytes:
        try:
            return (self.tree.root / path).read_bytes()
        except OSError:
            return b""

    def _run(self, path: str, within: frozenset[str] = frozenset()) -> dict[str, Value]:
        if path in within:
            return {}
        try:
            module = Module.parse(path, _name(path), self._bytes(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {}
        within |= {path}
        evaluator = _Evaluator(
            lambda node: self._included(module, node, within), lambda pattern: self._matching(path, pattern, within)
        )
        values = evaluator.run(module.tree.body)
        if "INSTALLED_APPS" in values:
            self.read.add(path)
        return values

    def _included(self, module: Module, node: ast.ImportFrom, within: frozenset[str]) -> dict[str, Value]:
        path = self._module(module.absolute(node), module.path)
        if path is None and node.level:
            folder = module.path.rpartition("/")[0]
            path = self._module(f"{node.module or ''}", f"{folder}/x")
        return self._run(path, within) if path else {}

    def _matching(self, path: str, pattern: str, within: frozenset[str]) -> dict[str, Value]:
        """Read what django-split-settings includes."""
        folder = (self.tree.root / path).parent
        values: dict[str, Value] = {}
        known = set(self.tree.python)
        for found in sorted(folder.glob(pattern)) if pattern and not Path(pattern).is_absolute() else ():
            relative = found.resolve().relative_to(self.tree.root).as_posix() if found.is_file() else ""
            if relative in known:
                values |= self._run(relative, within)
        return values


Include = Callable[[ast.ImportFrom], dict[str, Value]]


@dataclass(slots=True)
class _Evaluator:
    """Evaluates lists of strings. Of two branches both are taken: an app that may be installed counts."""

    include: Include
    match: Callable[[str], dict[str, Value]]
    values: dict[str, Value] = field(default_factory=dict)
    imported: dict[str, ast.ImportFrom] = field(default_factory=dict)

    def run(self, body: Iterable[ast.stmt]) -> dict[str, Value]:
        for statement in body:
            self._statement(statement)
        return self.values

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                self._grow(name, self._value(value))
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.ImportFrom(names=names) if not any(alias.name == "*" or alias.name.isupper() for alias in names):
                self.imported |= {alias.asname or alias.name: node for alias in names}
            case ast.ImportFrom():
                included = self.include(node)
                named = {alias.name: alias.asname or alias.name for alias in node.names}
                self.values |= included if "*" in named else {named[n]: v for n, v in included.items() if n in named}
            case ast.ClassDef(bases=bases, body=body):
                for base in bases:
                    if imported := self.imported.get(written(base)):
                        self.values |= self.include(imported)
                self.run(body)
            case ast.FunctionDef(name=name, body=body) if name.isupper():
                self.values[name] = self._returned(body)
            case ast.If(body=body, orelse=other):
                self._branches(body, other)
            case ast.Try(body=body, handlers=handlers, orelse=other):
                self._branches(body, *(handler.body for handler in handlers), other)
            case ast.With(body=body) | ast.For(body=body):
                self.run(body)

    def _returned(self, body: list[ast.stmt]) -> Value:
        """What a property of a settings class comes to."""
        inside = _Evaluator(self.include, self.match, dict(self.values), self.imported)
        inside.run(body)
        returned = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Return)]
        return _union(inside._value(node.value) for node in returned if node.value)

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        before = dict(self.values)
        merged = dict(before)
        for body in bodies:
            self.values = dict(before)
            for name, value in self.run(body).items():
                merged[name] = _union((merged.get(name, ()) if name.isupper() else (), value))
        self.values = merged

    def _assign(self, target: ast.expr, node: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._note_atomic(target.id, node)
            self.values[target.id] = self._value(node)
        elif isinstance(target, ast.Subscript):
            self._note_atomic(text(target.slice) or "", node)

    def _note_atomic(self, name: str, node: ast.expr) -> None:
        inside = [node] if name == "ATOMIC_REQUESTS" else []
        for found in ast.walk(node) if name == "DATABASES" else ():
            if isinstance(found, ast.Dict):
                inside += [v for k, v in zip(found.keys, found.values, strict=True) if text(k) == "ATOMIC_REQUESTS"]
        if any(not (isinstance(value, ast.Constant) and not value.value) for value in inside):
            self.values["ATOMIC_REQUESTS"] = ("True",)

    def _grow(self, name: str, value: Value) -> None:
        self.values[name] = _union((self.values.get(name, ()), value))

    def _call(self, call: ast.Call) -> None:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in _GROWING:
                self._grow(name, _union(self._value(argument) for argument in call.args))
            case ast.Name(id="include" | "optional"):
                for argument in call.args:
                    inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
                    self.values |= self.match(text(inner) or "")

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=str(value)):
                return (value,)
            case ast.Name(id=name):
                return self.values.get(name, ())
            case ast.Attribute(attr=attr):
                return self.values.get(attr, ())
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return _union(self._value(item) for item in items)
            case ast.Starred(value=value):
                return self._value(value)
            case ast.BinOp(left=left, right=right, op=ast.Add()):
                return _union((self._value(left), self._value(right)))
            case ast.IfExp(body=body, orelse=other):
                return _union((self._value(body), self._value(other)))
            case ast.BoolOp(values=values):
                return _union(self._value(value) for value in values)
            case ast.JoinedStr():
                return self._joined(node)
            case ast.ListComp() | ast.GeneratorExp():
                return _union(self._value(generator.iter) for generator in node.generators)
            case ast.Call():
                return self._called(node)
        return ()

    def _joined(self, node: ast.JoinedStr) -> Value:
        parts = [self._value(v.value if isinstance(v, ast.FormattedValue) else v) for v in node.values]
        return ("".join(part[0] for part in parts),) if all(len(part) == 1 for part in parts) else ()

    def _called(self, call: ast.Call) -> Value:
        """A helper's default, `env.list("APPS", default=[…])`, or the lists that `list(…)` and its like are given."""
        defaults = [keyword.value for keyword in call.keywords if keyword.arg in ("default", "fallback")]
        if defaults:
            return self._value(defaults[0])
        if written(call.func).rpartition(".")[2] in (
            "list",
            "tuple",
            "set",
            "sorted",
            "OrderedSet",
            "chain",
            "fromkeys",
        ):
            return _union(self._value(argument) for argument in call.args)
        return _union(self._value(a) for a in call.args if isinstance(a, ast.List | ast.Tuple)) or (
            self._value(call.args[1]) if len(call.args) > 1 else ()
        )


def _union(values: Iterable[Value]) -> Value:
    return tuple(dict.fromkeys(item for value in values for item in value))


def _name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
