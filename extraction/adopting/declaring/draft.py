"""A contract as it could be: operations for what callers call, values for what they read of it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring import types
from extraction.adopting.declaring.effects import Functions, only_reads
from extraction.adopting.declaring.types import Shape, Type
from extraction.adopting.declaring.usage import Site, Usage, reads_of
from extraction.survey.index import Model
from extraction.survey.model import App
from extraction.survey.syntax import Function, Module
from seamline.contract.names import snake_case


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of an operation."""

    name: str
    type: Type
    default: str | None
    is_keyword: bool = False


@dataclass(eq=False, slots=True)
class Operation:
    """An operation, and what is behind it: a function of the app, or one row by its key."""

    name: str
    parameters: tuple[Parameter, ...]
    shape: Shape
    is_query: bool
    doc: str
    function: str | None
    """Dotted; None for one row by its key."""
    missing: tuple[Model, ...] = ()
    """Models of which there may be no row; the operation says so by an error."""
    sites: list[Site] = field(default_factory=list)
    """Calls that may be made through the contract."""


@dataclass(slots=True)
class Draft:
    """A contract, before it is written."""

    app: App
    contract: str
    """Name of its class."""
    operations: list[Operation] = field(default_factory=list)
    values: dict[Model, dict[str, Type]] = field(default_factory=dict)
    """What is read of the rows of each model."""

    def value_name(self, model: Model) -> str:
        """Return what the value of a model's row is called."""
        return f"{model.fact.name}Value" if model.fact.name == self.contract else model.fact.name

    def error_name(self, model: Model) -> str:
        """Return what the error is called that says there is no such row."""
        return f"Unknown{model.fact.name}"


def draft(codebase: Codebase, app: App, functions: Functions, usage: Usage, changes: Changes) -> Draft:
    """Draft the contract of an app; what has no place in it is left as a remark."""
    found = Draft(app, "".join(part.capitalize() for part in app.label.split("_")))
    for path, line, why in usage.others:
        changes.remark(path, line, why)
    for dotted, sites in sorted(usage.calls.items()):
        _of_function(codebase, functions, found, dotted, sites, changes)
    for model, sites in sorted(usage.gets.items(), key=lambda item: item[0].label):
        _of_row(codebase, found, model, sites, changes)
    found.operations.sort(key=lambda operation: operation.name)
    return found


def _of_function(
    codebase: Codebase, functions: Functions, found: Draft, dotted: str, sites: list[Site], changes: Changes
) -> None:
    module, node = functions[dotted]
    taken = {operation.name for operation in found.operations}
    parameters, why = _parameters(module, node)
    shape = _shape(codebase, module, node)
    if node.name in taken:
        why = f"two functions are called {node.name}: rename one"
    elif isinstance(node, ast.AsyncFunctionDef):
        why = "it is async, and operations are not"
    elif not why and shape is None:
        why = f"what it returns has no type that can cross: annotate {module.path}:{node.lineno}"
    elif not why and shape and shape.model and shape.model.app is not found.app:
        why = f"it returns a {shape.model.label}, which is another app's"
    if why or shape is None:
        changes.remark(module.path, node.lineno, f"TODO {node.name} is no operation yet: {why}")
        for site in sites:
            changes.remark(site.path, site.line, f"calls {node.name}, which is no operation yet")
        return
    doc = ast.get_docstring(node) or ""
    query = only_reads(codebase.index, functions, dotted)
    missing, raising = _find_raises(codebase, found.app, module, node)
    for line in raising:
        changes.remark(module.path, line, f"TODO {node.name} raises what its contract does not declare: add an error")
    operation = Operation(node.name, tuple(parameters), shape, query, doc, dotted, tuple(missing))
    operation.sites = list(_fitting(codebase, found, operation, sites, changes))
    found.operations.append(operation)


def _of_row(codebase: Codebase, found: Draft, model: Model, sites: list[Site], changes: Changes) -> None:
    key = types.key_type(codebase, model)
    name = snake_case(model.fact.name)
    if any(operation.name == name for operation in found.operations):
        name = f"{name}_by_id"
    if key is None:
        changes.remark(model.path, model.fact.line, f"TODO {name}: the key of {model.fact.name} has no known type")
        return
    operation = Operation(
        name,
        (Parameter(f"{snake_case(model.fact.name)}_id", key, None),),
        Shape(model=model),
        True,
        f"Return one {model.fact.name} by its id.",
        None,
        (model,),
    )
    operation.sites = list(_fitting(codebase, found, operation, sites, changes))
    if operation.sites:
        found.operations.append(operation)


def _fitting(
    codebase: Codebase, found: Draft, operation: Operation, sites: list[Site], changes: Changes
) -> Iterator[Site]:
    """Yield the calls whose result is used as a value, and add what is read of it to that value."""
    model = operation.shape.model
    if model:
        fields = found.values.setdefault(model, {})
        if key := types.key_type(codebase, model):
            fields.setdefault("id", key)
    for site in sites:
        if any(isinstance(word.arg, type(None)) for word in site.call.keywords) or any(
            isinstance(argument, ast.Starred) for argument in site.call.args
        ):
            changes.remark(site.path, site.line, f"calls {operation.name} with * or **: write the arguments out")
        elif catcher := _catches(codebase, found.app, site):
            changes.remark(site.path, catcher, f"catches what {operation.name} raises: catch the contract's error")
        elif not model or _take_reads(codebase, found, operation, model, site, changes):
            yield site


def _take_reads(
    codebase: Codebase, found: Draft, operation: Operation, model: Model, site: Site, changes: Changes
) -> bool:
    reads = reads_of(site, operation.shape.is_many)
    if reads is None:
        why = f"does more with what {operation.name} gives than read its fields: read them, or write an operation"
        changes.remark(site.path, site.line, why)
        return False
    known = {name: types.attribute_type(codebase, model, name) for name in reads}
    if unknown := sorted(name for name, type_ in known.items() if type_ is None):
        why = f"TODO reads {', '.join(unknown)} of {model.label}, which has no type that can cross"
        changes.remark(site.path, site.line, why)
        return False
    found.values[model] |= {name: type_ for name, type_ in sorted(known.items()) if type_}
    return True


def _catches(codebase: Codebase, app: App, site: Site) -> int | None:
    """Find the line of an `except` around a call that waits for an error of the app's own."""
    at: ast.AST | None = site.call
    while at is not None:
        at = site.module.parents.get(id(at))
        for handler in at.handlers if isinstance(at, ast.Try) else ():
            for part in ast.walk(handler.type) if handler.type else ():
                name = site.module.qualified(part)
                if name and codebase.index.app(codebase.index.canonical(name)) is app:
                    return handler.lineno
    return None


def _find_raises(codebase: Codebase, app: App, module: Module, node: Function) -> tuple[list[Model], list[int]]:
    """Tell of which models a row may be missing that a function asks for, and where it raises what is undeclared."""
    missing, lines = [], []
    for part in ast.walk(node):
        if isinstance(part, ast.Raise) and part.exc is not None:
            lines.append(part.lineno)
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=value, attr="objects"), attr="get")):
                model = codebase.index.models.get(codebase.index.canonical(module.spelled(value)))
                if model and model.app is app and model not in missing:
                    missing.append(model)
    return missing, lines


def _parameters(module: Module, node: Function) -> tuple[list[Parameter], str]:
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        return [], "it takes *, ** or arguments that are positional only"
    positional = [None] * (len(arguments.args) - len(arguments.defaults)) + [*arguments.defaults]
    both = [
        *zip(arguments.args, positional, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    found: list[Parameter] = []
    for at, (argument, default) in enumerate(both):
        type_ = types.of_annotation(module, argument.annotation)
        if type_ is None:
            said = ast.unparse(argument.annotation) if argument.annotation else "nothing"
            return [], f"{argument.arg} says {said} of its type, and only plain values cross"
        if default is not None and not isinstance(default, ast.Constant):
            return [], f"{argument.arg} has a default that is no plain value"
        written = ast.unparse(default) if default is not None else None
        if written is None and found and found[-1].default is not None:
            return [], f"{argument.arg} has no default, and stands after one that has: operations have no *"
        found.append(Parameter(argument.arg, type_, written, at >= len(arguments.args)))
    return found, ""


def _shape(codebase: Codebase, module: Module, node: Function) -> Shape | None:
    if node.returns is not None:
        return types.shape_of(codebase, module, node.returns)
    returns = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None]
    return None if returns else Shape(types.NONE)
