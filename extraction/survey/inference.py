"""What a variable or a query may be about, told from its file alone and without certainty."""

import ast
from dataclasses import dataclass, field

from extraction.survey.facts import MANAGERS, USER, Reference
from extraction.survey.syntax import Module, Scope, written

_MAX_DEPTH = 12
ONE = frozenset({"get", "first", "last", "create", "latest", "earliest", "get_or_404", "aget", "afirst", "acreate"})
QUERY_METHODS = frozenset(
    (
        "all",
        "filter",
        "exclude",
        "order_by",
        "select_related",
        "prefetch_related",
        "annotate",
        "aggregate",
        "values",
        "values_list",
        "distinct",
        "only",
        "defer",
        "using",
        "select_for_update",
        "none",
        "union",
        "iterator",
        "in_bulk",
        "reverse",
        "alias",
        "first",
        "last",
        "get",
        "create",
        "get_or_create",
        "update_or_create",
        "bulk_create",
        "bulk_update",
        "update",
        "delete",
        "count",
        "exists",
        "add",
        "set",
        "remove",
        "clear",
        "aget",
        "afirst",
        "acount",
        "aexists",
        "acreate",
        "alast",
        "latest",
        "earliest",
        "dates",
        "datetimes",
        "extra",
        "raw",
    )
)


@dataclass(slots=True)
class Inference:
    """Guesses for one file. The later statement counts; a guess is checked against the models before it is used."""

    module: Module
    _locals: dict[int, dict[str, ast.expr]] = field(default_factory=dict)

    def about(self, node: ast.expr | None, scope: Scope, depth: int = 0) -> Reference | None:
        """Tell which model an object or a queryset is about."""
        if depth > _MAX_DEPTH or node is None:
            return None
        match node:
            case ast.Name(id=name):
                return self._variable(name, scope, depth)
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(value, attr, scope, depth)
            case ast.Call():
                return self._call(node, scope, depth)
            case ast.Subscript(value=value) | ast.Await(value=value):
                return self.about(value, scope, depth + 1)
        return None

    def _variable(self, name: str, scope: Scope, depth: int) -> Reference | None:
        if name in ("self", "cls") and (class_ := scope.class_):
            return Reference("class", f"{self.module.name}.{class_.name}")
        value = self.value(name, scope)
        if value is not None and not (isinstance(value, ast.Name) and value.id == name):
            found = self.about(value, scope, depth + 1) if not isinstance(value, ast.Constant) else None
            if found:
                return found
        if value is None and (qualified := self.module.names.get(name)):
            return Reference("class", qualified)
        return Reference("name", name)

    def _attribute(self, value: ast.expr, attr: str, scope: Scope, depth: int) -> Reference | None:
        qualified = self.module.qualified(value)
        if attr in MANAGERS and isinstance(value, ast.Name | ast.Attribute | ast.Call):
            return Reference("class", qualified) if qualified else self.about(value, scope, depth + 1)
        if isinstance(value, ast.Name) and value.id in ("self", "cls") and attr in ("queryset", "model"):
            class_ = scope.class_
            return Reference("view", f"{self.module.name}.{class_.name}") if class_ else None
        if qualified:
            last = qualified.rpartition(".")[2]
            return Reference("class", f"{qualified}.{attr}" if not last[:1].isupper() else qualified)
        return Reference("path", attr, self.about(value, scope, depth + 1))

    def _call(self, call: ast.Call, scope: Scope, depth: int) -> Reference | None:
        name = written(call.func) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        last = name.rpartition(".")[2]
        if last == "get_user_model":
            return USER
        if last in ("get_queryset", "get_object", "get_object_or_404") and isinstance(call.func, ast.Attribute):
            class_ = scope.class_
            return Reference("view", f"{self.module.name}.{class_.name}") if class_ else None
        if last in ("get_object_or_404", "get_list_or_404") and call.args:
            return self.about(call.args[0], scope, depth + 1)
        if isinstance(call.func, ast.Attribute) and call.func.attr in QUERY_METHODS:
            return self.about(call.func.value, scope, depth + 1)
        if isinstance(call.func, ast.Attribute) and getattr(call.func.value, "attr", "") in MANAGERS:
            return self.about(call.func.value, scope, depth + 1)
        qualified = self.module.qualified(call.func)
        if qualified and qualified.rpartition(".")[2][:1].isupper():
            return Reference("class", qualified)
        return None

    def value(self, name: str, scope: Scope) -> ast.expr | None:
        """The expression that a local name is given."""
        at: Scope | None = scope
        while at:
            if isinstance(at.node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = self._of(at.node).get(name)
                if found is not None:
                    return found
            at = at.parent
        return None

    def _of(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
        found = self._locals.get(id(function))
        if found is None:
            found = self._locals[id(function)] = dict(_assigned(function))
        return found


def _assigned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[str, ast.expr]]:
    """The names of a function, each with what it is given: an argument its type, a loop's what it runs over."""
    found: list[tuple[str, ast.expr]] = []
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        found.append((argument.arg, _type(argument.annotation) or ast.Constant(None)))
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.append((name, value))
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                found.append((name, _type(annotation) or ast.Constant(None)))
            case (
                ast.For(target=ast.Name(id=name), iter=iterated)
                | ast.comprehension(target=ast.Name(id=name), iter=iterated)
            ):
                found.append((name, iterated))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                found.append((name, value))
    return found


def _type(annotation: ast.expr | None) -> ast.expr | None:
    """The class that an annotation names: of `Order | None`, `Optional[Order]` and `"Order"` too."""
    match annotation:
        case ast.Constant(value=str(name)) if name.replace(".", "").replace("_", "").isalnum():
            try:
                return ast.parse(name, mode="eval").body
            except SyntaxError:
                return None
        case ast.BinOp(left=left, right=right):
            return left if not isinstance(left, ast.Constant) or left.value is not None else right
        case ast.Subscript(slice=ast.Name() | ast.Attribute() | ast.Constant() as inner):
            return _type(inner)
        case ast.Name() | ast.Attribute():
            return annotation
    return None
