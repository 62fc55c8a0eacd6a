# ruff: noqa: N802 -- libcst calls visitors by the names of nodes
"""Foreign keys become ids: the column stays, what the database enforces of it goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor

from extraction.adopting.codebase import Codebase
from extraction.survey.index import Model


@dataclass(frozen=True, eq=False)
class Key:
    """A foreign key between two apps, as the project's own Django knows it."""

    model: Model
    target: Model | None
    """None where it is no model of the project: Django's own user, say."""
    target_label: str
    field: str
    column: str
    type: str
    options: Mapping[str, Any]
    on_delete: str
    accessor: str | None
    query_name: str

    @property
    def id_field(self) -> str:
        """Name of the field that takes its place; what it was called as an attribute already."""
        return f"{self.field}_id"

    @property
    def call(self) -> str:
        """The field that takes its place, as a model declares it."""
        kept = dict(self.options)
        if kept.get("db_column") == self.id_field:
            del kept["db_column"]
        return _call(self.type, kept)

    @property
    def interim_call(self) -> str:
        """The same, while it still has the old name: the column is named, because it would follow from the name."""
        return _call(self.type, {**self.options, "db_column": self.column})

    @property
    def name(self) -> str:
        """`Visit.invoice`."""
        return f"{self.model.fact.name}.{self.field}"


def keys_of(codebase: Codebase, said: Iterable[Mapping[str, Any]]) -> list[Key]:
    """Match what Django says with what was read. What is of no app in the project is left out."""
    found = []
    for each in said:
        model = codebase.index.by_label.get(each["model"].lower())
        if model is None:
            continue
        found.append(
            Key(
                model=model,
                target=codebase.index.by_label.get(each["target"].lower()),
                target_label=each["target"],
                field=each["field"],
                column=each["column"],
                type=each["type"],
                options=each["options"],
                on_delete=each["on_delete"],
                accessor=each["accessor"],
                query_name=each["query_name"],
            )
        )
    return found


def replace_keys(text: str, keys: Iterable[Key]) -> tuple[str, list[Key]]:
    """Return a file of models with ids in place of keys, and those keys that were not found in it as they are."""
    visitor = _Fields({(key.model.fact.name, key.field): key for key in keys})
    module = cst.parse_module(text).visit(visitor)
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, "django.db", "models")
    module = AddImportsVisitor(context).transform_module(module)
    for statement in visitor.imports:
        RemoveImportsVisitor.remove_unused_import(context, *statement)
    return RemoveImportsVisitor(context).transform_module(module).code, list(visitor.waiting.values())


def _call(type_: str, options: Mapping[str, Any]) -> str:
    return f"models.{type_}({', '.join(f'{name}={value!r}' for name, value in sorted(options.items()))})"


class _Fields(cst.CSTTransformer):
    def __init__(self, keys: dict[tuple[str, str], Key]) -> None:
        super().__init__()
        self.waiting = keys
        self.imports: list[tuple[str, str | None, str | None]] = []
        self._classes: list[str] = []
        self._renamed: dict[str, set[str]] = {}

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = cst.Module([]).code_for_node(node.module) if node.module else ""
        module = "." * len(node.relative) + module
        for alias in node.names if not isinstance(node.names, cst.ImportStar) else ():
            asname = alias.evaluated_alias
            self.imports.append((module, alias.evaluated_name, asname))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._classes.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        self._classes.pop()
        return updated_node

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        target = updated_node.targets[0].target
        if not isinstance(target, cst.Name) or not self._classes:
            return updated_node
        if self._classes[-1] == "Meta" and target.value in ("unique_together", "ordering", "index_together"):
            names = {f for name, f in self._all_keys if name == self._classes[-2]} if len(self._classes) > 1 else set()
            return updated_node.with_changes(value=updated_node.value.visit(_Names(names)))
        key = self.waiting.pop((self._classes[-1], target.value), None)
        if key is None:
            return updated_node
        name = updated_node.targets[0].with_changes(target=cst.Name(key.id_field))
        return updated_node.with_changes(targets=[name], value=cst.parse_expression(key.call))

    @property
    def _all_keys(self) -> set[tuple[str, str]]:
        every: set[tuple[str, str]] = self.__dict__.setdefault("_every", set(self.waiting))
        return every

    def visit_Module(self, node: cst.Module) -> None:
        self._all_keys  # noqa: B018  before the first is taken out


class _Names(cst.CSTTransformer):
    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        said = str(updated_node.evaluated_value)
        if said.removeprefix("-") in self.names:
            quote = updated_node.quote
            return updated_node.with_changes(value=f"{quote}{said}_id{quote}")
        return updated_node
