"""What can cross a contract: the type of a model's field, of a property and of an annotation. Nothing is guessed."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from extraction.adopting.codebase import Codebase
from extraction.survey.index import Model
from extraction.survey.syntax import Module


@dataclass(frozen=True, slots=True)
class Type:
    """A type as a contract file writes it."""

    text: str
    imports: frozenset[str] = frozenset()
    """Dotted names that it needs."""

    def or_none(self) -> "Type":
        """Return this type, or None."""
        return self if self.text.endswith("None") else replace(self, text=f"{self.text} | None")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a function returns: a plain type, or rows of one of the app's models."""

    type: Type | None = None
    model: Model | None = None
    is_many: bool = False
    is_optional: bool = False


INT, STR, BOOL, NONE = Type("int"), Type("str"), Type("bool"), Type("None")
UUID = Type("UUID", frozenset({"uuid.UUID"}))
DECIMAL = Type("Decimal", frozenset({"decimal.Decimal"}))
DATE = Type("date", frozenset({"datetime.date"}))
DATETIME = Type("AwareDatetime", frozenset({"seamline.contract.AwareDatetime"}))
TIMEDELTA = Type("timedelta", frozenset({"datetime.timedelta"}))
_NAMED: Mapping[str, Type] = MappingProxyType(
    {
        **{name: Type(name) for name in ("int", "str", "bool", "float", "bytes", "None")},
        "uuid.UUID": UUID,
        "decimal.Decimal": DECIMAL,
        "datetime.date": DATE,
        "datetime.datetime": DATETIME,
        "datetime.timedelta": TIMEDELTA,
    }
)
FIELDS: Mapping[str, Type] = MappingProxyType(
    {
        **dict.fromkeys(
            ("CharField", "TextField", "SlugField", "EmailField", "URLField", "GenericIPAddressField"), STR
        ),
        **dict.fromkeys(
            (
                "AutoField",
                "BigAutoField",
                "SmallAutoField",
                "IntegerField",
                "BigIntegerField",
                "SmallIntegerField",
                "PositiveIntegerField",
                "PositiveBigIntegerField",
                "PositiveSmallIntegerField",
            ),
            INT,
        ),
        "BooleanField": BOOL,
        "NullBooleanField": BOOL.or_none(),
        "FloatField": Type("float"),
        "DecimalField": DECIMAL,
        "UUIDField": UUID,
        "DateField": DATE,
        "DateTimeField": DATETIME,
        "DurationField": TIMEDELTA,
        "BinaryField": Type("bytes"),
    }
)
_MANY = ("list", "tuple", "Sequence", "Iterable", "QuerySet", "List", "Collection")


def key_type(codebase: Codebase, model: Model) -> Type | None:
    """Tell the type of a model's primary key."""
    for owner in model.lineage():
        for call in _fields(codebase, owner).values():
            if any(word.arg == "primary_key" and _is_true(word.value) for word in call.keywords):
                return _of_call(codebase, owner, call)
    return INT if model.is_whole else None


def attribute_type(codebase: Codebase, model: Model, name: str) -> Type | None:
    """Tell the type of what callers read of a row: a field, the id of a key, or a property with a return type."""
    if name in ("pk", "id"):
        return key_type(codebase, model)
    for owner in model.lineage():
        fields = _fields(codebase, owner)
        if name in fields:
            return _of_call(codebase, owner, fields[name])
        key = name.removesuffix("_id")
        relation = owner.relations.get(key) if key != name else None
        if relation and relation.target and key in fields:
            found = key_type(codebase, relation.target)
            return found.or_none() if found and _is_null(fields[key]) else found
        if (node := codebase.class_node(owner)) and (found := _of_property(codebase.module(owner.path), node, name)):
            return found
    return None


def of_annotation(module: Module, node: ast.expr | None) -> Type | None:
    """Tell the plain type that an annotation names; None for what cannot cross, or says nothing."""
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str(text)):
            try:
                return of_annotation(module, ast.parse(text, mode="eval").body)
            except SyntaxError:
                return None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            one, other = of_annotation(module, left), of_annotation(module, right)
            if one is None or other is None:
                return None
            return Type(f"{one.text} | {other.text}", one.imports | other.imports)
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner):
            found = of_annotation(module, inner)
            return found.or_none() if found else None
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[inner, ast.Constant(value=end)])):
            found = of_annotation(module, inner)
            return Type(f"tuple[{found.text}, ...]", found.imports) if found and end is ... else None
        case ast.Name() | ast.Attribute():
            return _NAMED.get(module.spelled(node))
    return None


def shape_of(codebase: Codebase, module: Module, node: ast.expr | None) -> Shape | None:
    """Tell what an annotation of a return says: a plain type, a row, or many of either."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
    if plain := of_annotation(module, node):
        return Shape(plain)
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and node.right.value is None:
        found = shape_of(codebase, module, node.left)
        return replace(found, is_optional=True) if found and not found.is_many else None
    if isinstance(node, ast.Subscript):
        last = module.spelled(node.value).rpartition(".")[2]
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        if last == "Optional":
            found = shape_of(codebase, module, inner)
            return replace(found, is_optional=True) if found and not found.is_many else None
        found = shape_of(codebase, module, inner) if last in _MANY else None
        return replace(found, is_many=True) if found and not (found.is_many or found.is_optional) else None
    model = codebase.index.models.get(codebase.index.canonical(module.spelled(node)))
    return Shape(model=model) if model and not model.is_abstract else None


def _fields(codebase: Codebase, model: Model) -> dict[str, ast.Call]:
    node = codebase.class_node(model)
    found: dict[str, ast.Call] = {}
    for statement in node.body if node else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                found[name] = call
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                found[name] = call
    return found


def _of_call(codebase: Codebase, model: Model, call: ast.Call) -> Type | None:
    found = FIELDS.get(codebase.module(model.path).spelled(call.func).rpartition(".")[2])
    return found.or_none() if found and _is_null(call) else found


def _of_property(module: Module, node: ast.ClassDef, name: str) -> Type | None:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            decorators = {module.spelled(each).rpartition(".")[2] for each in statement.decorator_list}
            return of_annotation(module, statement.returns) if decorators & {"property", "cached_property"} else None
    return None


def _is_null(call: ast.Call) -> bool:
    return any(word.arg == "null" and _is_true(word.value) for word in call.keywords)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
