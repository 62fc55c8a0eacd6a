# ruff: noqa: N802 -- libcst calls visitors by the names of nodes
"""Where a key is used: rewritten where an id will do, and in the way where only the row would."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import MetadataWrapper, PositionProvider

from extraction.adopting.changes import Changes, Remark
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring.callers import Range, range_of
from extraction.adopting.declaring.usage import scope_of
from extraction.adopting.owning.keys import Key
from extraction.survey.index import Model
from extraction.survey.inference import QUERY_METHODS, Inference
from extraction.survey.likely import LOOKUPS, likely_model
from extraction.survey.syntax import Module
from extraction.survey.tree import SKIPPED_FOLDERS, is_migration

_KEPT_LOOKUPS = frozenset({"in", "isnull", "exact", "gt", "gte", "lt", "lte"})
_NAMES_OF_FIELDS = frozenset({"order_by", "values_list", "only", "defer"})
_MANAGED = frozenset(
    {"all", "filter", "exclude", "count", "exists", "aggregate", "first", "last", "order_by", "delete"}
)


@dataclass(slots=True)
class Edits:
    """What is to be replaced in one file."""

    expressions: dict[Range, str]
    keywords: dict[tuple[Range, str], tuple[str, str | None]]
    """By the call and the argument's name: its new name, and what is put in place of its value."""
    removed: set[Range]
    """Calls whose receiver stands in for them."""
    imports: set[tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.expressions or self.keywords or self.removed)


def rewrite_uses(codebase: Codebase, keys: list[Key], changes: Changes) -> list[Remark]:
    """Rewrite what uses the keys, tests included. Returns what only a row would do for: it is in the way."""
    blocked: list[Remark] = []
    for path in sorted(_paths(codebase)):
        text = changes.text(path)
        try:
            module = Module.parse(path, _name(codebase, path), text.encode())
        except SyntaxError:
            continue  # the survey names it among those that cannot be read
        finder = _Finder(codebase, module, text, keys)
        finder.run()
        blocked += [Remark(path, line, why) for line, why in finder.blocked]
        if finder.edits:
            changes.put(path, apply(text, finder.edits))
    return blocked


def apply(text: str, edits: Edits) -> str:
    """Return a file's text with its edits made."""
    module = MetadataWrapper(cst.parse_module(text)).visit(_Apply(edits))
    context = CodemodContext()
    for package, name in sorted(edits.imports):
        AddImportsVisitor.add_needed_import(context, package, name)
    return AddImportsVisitor(context).transform_module(module).code


def _paths(codebase: Codebase) -> Iterator[str]:
    for app in codebase.findings.apps.values():
        for full in (codebase.root / app.folder).rglob("*.py"):
            path = full.relative_to(codebase.root).as_posix()
            if not is_migration(path) and SKIPPED_FOLDERS.isdisjoint(Path(path).parts):
                yield path


def _name(codebase: Codebase, path: str) -> str:
    app = codebase.owner(path)
    if app is None:
        return path
    inside = path.removeprefix(f"{app.folder}/").removesuffix(".py").removesuffix("__init__").strip("/")
    return ".".join([app.package, *inside.split("/")]) if inside else app.package


class _Finder:
    def __init__(self, codebase: Codebase, module: Module, text: str, keys: list[Key]) -> None:
        self.codebase, self.module, self.text, self.keys = codebase, module, text, keys
        self.app = codebase.owner(module.path)
        self.inference = Inference(module)
        self.edits = Edits({}, {}, set(), set())
        self.blocked: list[tuple[int, str]] = []

    def run(self) -> None:
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.Attribute):
                self._attribute(node)

    def _model(self, node: ast.expr) -> Model | None:
        found = self.inference.about(node, scope_of(self.module, node))
        return likely_model(self.codebase.index, found, self.app)

    def _fitting(self, model: Model | None, name: str) -> Key | None:
        lineage = list(model.lineage()) if model else []
        return next((key for key in self.keys if key.field == name and key.model in lineage), None)

    def _call(self, call: ast.Call) -> None:
        model = self._model_of_call(call)
        if model is None:
            return
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        for word in call.keywords:
            if word.arg:
                self._keyword(call, word, model)
        for argument in call.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                self._string(call, argument, method, model)

    def _model_of_call(self, call: ast.Call) -> Model | None:
        qualified = self.module.qualified(call.func)
        if qualified and (model := self.codebase.index.models.get(self.codebase.index.canonical(qualified))):
            return model
        if isinstance(call.func, ast.Attribute) and call.func.attr in QUERY_METHODS:
            return self._model(call.func.value)
        return None

    def _keyword(self, call: ast.Call, word: ast.keyword, model: Model) -> None:
        name, _, rest = (word.arg or "").partition("__")
        key = self._fitting(model, name)
        if key is None:
            return
        if rest in ("id", "pk") or rest.partition("__")[0] in ("id", "pk"):
            rest = rest.partition("__")[2]
            self._rename(call, word, key, rest, None)
        elif not rest:
            value = self._id_of(word.value, key)
            if value is None:
                self._block(
                    word.value.lineno, f"{word.arg}= is given what may be a row: give its id, as {key.id_field}="
                )
            else:
                self._rename(call, word, key, "", value if value != ast.unparse(word.value) else None)
        elif rest in _KEPT_LOOKUPS and rest != "in":
            self._rename(call, word, key, rest, None)
        else:
            self._block(word.value.lineno, f"looks up {word.arg}: {key.target_label} is no table to be joined any more")

    def _rename(self, call: ast.Call, word: ast.keyword, key: Key, rest: str, value: str | None) -> None:
        new = f"{key.id_field}__{rest}" if rest else key.id_field
        self.edits.keywords[range_of(self.text, call), word.arg or ""] = (new, value)

    def _id_of(self, value: ast.expr, key: Key) -> str | None:
        """Return an expression for the id of what is given for a key; None where that cannot be told."""
        written = ast.unparse(value)
        if isinstance(value, ast.Constant) or written.endswith(("_id", ".pk", ".id")):
            return written
        if isinstance(value, ast.Name | ast.Attribute) and key.target and self._model(value) is key.target:
            return f"{written}.pk"
        return None

    def _string(self, call: ast.Call, argument: ast.Constant, method: str, model: Model) -> None:
        said = str(argument.value)
        name, _, rest = said.removeprefix("-").partition("__")
        key = self._fitting(model, name)
        if key is None:
            return
        if method == "select_related" and len(call.args) == 1 and not call.keywords:
            self.edits.removed.add(range_of(self.text, call))
        elif method in _NAMES_OF_FIELDS and (not rest or rest in ("id", "pk")):
            new = f"{'-' if said.startswith('-') else ''}{key.id_field}"
            self.edits.expressions[range_of(self.text, argument)] = repr(new).replace("'", '"')
        elif rest.partition("__")[0] in LOOKUPS:
            self._block(argument.lineno, f"names {said!r}: name {key.id_field}")
        else:
            self._block(argument.lineno, f"{method} names {said!r}: {key.target_label} cannot be joined any more")

    def _attribute(self, node: ast.Attribute) -> None:
        named = [key for key in self.keys if node.attr in (key.field, key.accessor)]
        if not named:
            return
        model = self._model(node.value)
        if model is None or self._is_import(node):
            return
        if key := self._fitting(model, node.attr):
            self._forward(node, key)
        back = next((k for k in named if k.accessor == node.attr and k.target in list(model.lineage())), None)
        if back:
            self._backward(node, back)

    def _is_import(self, node: ast.Attribute) -> bool:
        return bool(self.module.qualified(node))

    def _forward(self, node: ast.Attribute, key: Key) -> None:
        parent = self.module.parents.get(id(node))
        owner = ast.unparse(node.value)
        if isinstance(parent, ast.Attribute) and parent.attr in ("pk", "id"):
            self.edits.expressions[range_of(self.text, parent)] = f"{owner}.{key.id_field}"
        else:
            self._block(
                node.lineno, f"uses {ast.unparse(node)}, a row of {key.target_label}: ask its owner, by {key.id_field}"
            )

    def _backward(self, node: ast.Attribute, key: Key) -> None:
        parent = self.module.parents.get(id(node))
        fits = isinstance(parent, ast.Attribute) and parent.attr in _MANAGED and self.app is key.model.app
        if fits and "OneToOne" not in key.model.relations[key.field].field.type:
            package, _, name = key.model.fact.dotted.rpartition(".")
            new = f"{name}.objects.filter({key.id_field}={ast.unparse(node.value)}.pk)"
            self.edits.expressions[range_of(self.text, node)] = new
            if package != self.module.name:
                self.edits.imports.add((package, name))
        else:
            self._block(
                node.lineno, f"uses {ast.unparse(node)}, which {key.name} made: ask {key.model.label} with a query"
            )

    def _block(self, line: int, why: str) -> None:
        self.blocked.append((line, why))


class _Apply(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, edits: Edits) -> None:
        super().__init__()
        self.edits = edits

    def _range(self, node: cst.CSTNode) -> Range:
        at = self.get_metadata(PositionProvider, node)
        return Range(at.start.line, at.start.column, at.end.line, at.end.column)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        at = self._range(original_node)
        if at in self.edits.removed and isinstance(updated_node.func, cst.Attribute):
            return updated_node.func.value
        if at in self.edits.expressions:
            return cst.parse_expression(self.edits.expressions[at])
        args = [self._argument(at, arg) for arg in updated_node.args]
        return updated_node.with_changes(args=args)

    def _argument(self, call: Range, arg: cst.Arg) -> cst.Arg:
        new = self.edits.keywords.get((call, arg.keyword.value)) if arg.keyword else None
        if new is None:
            return arg
        value = cst.parse_expression(new[1]) if new[1] else arg.value
        return arg.with_changes(keyword=cst.Name(new[0]), value=value)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        new = self.edits.expressions.get(self._range(original_node))
        return cst.parse_expression(new) if new else updated_node

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.BaseExpression:
        new = self.edits.expressions.get(self._range(original_node))
        return cst.parse_expression(new) if new else updated_node


def targets(keys: Iterable[Key]) -> set[str]:
    """Return the labels of what keys lead to."""
    return {key.target_label for key in keys}
