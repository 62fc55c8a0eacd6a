"""What one file says, small enough to send between processes. What it means is told when all files are read."""

import ast
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from extraction.survey.syntax import Module, argument, text


class Clue(NamedTuple):
    """Something that may be a coupling, for the rule that noticed it."""

    rule: str
    line: int
    data: Any


class Reference(NamedTuple):
    """How a model is named: by its class, by a string, as the user model, or by a name that tells what it may be."""

    how: str
    """`class` (a dotted name), `string`, `user`, `name` (a variable), `accessor` or `path` (see `inference`)."""
    name: str
    base: "Reference | None" = None


USER = Reference("user", "")


class UrlName(NamedTuple):
    """A name that a URL is given."""

    name: str
    """With a `*` at its end where a router makes several of it."""
    view: str
    namespace: str


class FieldFact(NamedTuple):
    """A field of a model that leads to another."""

    name: str
    line: int
    type: str
    """The last part of the field class's name."""
    to: Reference | None
    related_name: str | None
    query_name: str | None
    on_delete: str
    through: Reference | None


@dataclass(slots=True)
class ClassFact:
    """A class, and what makes it a model."""

    name: str
    dotted: str
    line: int
    bases: list[str]
    relations: list[FieldFact] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """The names of all fields, relations included."""
    meta: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Reference] = field(default_factory=dict)
    """`model` and `queryset` of a view or a manager."""


@dataclass(slots=True)
class FileFacts:
    """What one Python file says."""

    path: str
    name: str
    lines: int = 0
    names: dict[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    classes: list[ClassFact] = field(default_factory=list)
    clues: list[Clue] = field(default_factory=list)
    urls: list[UrlName] = field(default_factory=list)
    error: tuple[int, str] | None = None


RELATION_SUFFIXES = ("ForeignKey", "OneToOneField", "ManyToManyField", "ParentalKey", "GenericRelation", "OneToOne")


def class_facts(module: Module) -> list[ClassFact]:
    """Describe every class of a file."""
    return [_class_fact(module, node) for node, _ in module.classes]


def reference(module: Module, node: ast.AST | None) -> Reference | None:
    """Tell which model an expression such as `Parcel`, `"depot.Parcel"` or `settings.AUTH_USER_MODEL` names."""
    if node is None:
        return None
    if isinstance(node, ast.Call):
        return _called(module, node)
    name = module.spelled(node)
    if name.endswith("AUTH_USER_MODEL"):
        return USER
    if name.endswith(".through"):
        return Reference("through", name.removesuffix(".through"))
    if (string := module.string(node)) is not None:
        return USER if string == "settings.AUTH_USER_MODEL" else Reference("string", string)
    qualified = module.qualified(node)
    if qualified:
        return Reference("class", qualified)
    return Reference("class", f"{module.name}.{name}") if name[:1].isupper() else None


def _called(module: Module, call: ast.Call) -> Reference | None:
    name = module.spelled(call.func).rpartition(".")[2]
    if name == "get_user_model":
        return USER
    if name == "get_model":
        return model_by_name(module, call)
    if name in ("getattr", "swappable_dependency") and "AUTH_USER_MODEL" in ast.dump(call):
        return USER
    return None


def model_by_name(module: Module, call: ast.Call) -> Reference | None:
    """Tell which model a call of `get_model` asks for, as far as it is written out."""
    first, second = argument(call, 0, "app_label"), argument(call, 1, "model_name")
    label, model = module.string(first), module.string(second)
    if label and model:
        return Reference("string", f"{label}.{model}")
    if label and "." in label:
        return Reference("string", label)
    return USER if first is not None and module.spelled(first).endswith("AUTH_USER_MODEL") else None


def _class_fact(module: Module, node: ast.ClassDef) -> ClassFact:
    bases = [module.spelled(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
    fact = ClassFact(node.name, f"{module.name}.{node.name}", node.lineno, [base for base in bases if base])
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Meta":
            fact.meta = _meta(module, statement)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            _attribute(module, fact, statement.targets[0].id, statement.value)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            _attribute(module, fact, statement.target.id, statement.value)
    return fact


def _attribute(module: Module, fact: ClassFact, name: str, value: ast.expr) -> None:
    if isinstance(value, ast.Call):
        called = module.spelled(value.func)
        type_ = called.rpartition(".")[2]
        if type_.endswith(RELATION_SUFFIXES):
            fact.relations.append(_relation(module, name, type_, value))
        if type_.endswith((*RELATION_SUFFIXES, "Field")) and not called.startswith(_OTHER_FIELDS):
            fact.fields.append(name)
    if name in ("model", "queryset"):
        while isinstance(value, ast.Call | ast.Attribute) and not module.qualified(value):
            value = value.func if isinstance(value, ast.Call) else value.value
        found = reference(module, _without_manager(value))
        if found:
            fact.attributes[name] = found


_OTHER_FIELDS = ("django.forms", "rest_framework", "django_filters", "graphene", "wtforms", "marshmallow")
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager", "all_objects", "live"})


def _without_manager(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute) and (node.attr in MANAGERS or node.attr.islower()):
        node = node.value
    return node


def _relation(module: Module, name: str, type_: str, call: ast.Call) -> FieldFact:
    return FieldFact(
        name,
        call.lineno,
        type_,
        reference(module, argument(call, 0, "to")),
        module.string(argument(call, None, "related_name")),
        module.string(argument(call, None, "related_query_name")),
        module.spelled(argument(call, 1, "on_delete")).rpartition(".")[2],
        reference(module, argument(call, None, "through")),
    )


def _meta(module: Module, node: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = statement.value
            said = text(value) if text(value) is not None else getattr(value, "value", None)
            if isinstance(said, str | bool):
                found[statement.targets[0].id] = str(said)
    return found
