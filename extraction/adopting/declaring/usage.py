"""What callers use of an app: where they name something of it, and what they read of what they get."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring.effects import Functions
from extraction.survey.index import Model
from extraction.survey.model import App
from extraction.survey.syntax import Function, Module, Scope

_ONE = ("get",)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A call in another app: of a function, or `Model.objects.get(pk=…)`."""

    path: str
    module: Module
    call: ast.Call

    @property
    def line(self) -> int:
        """The line it begins on."""
        return self.call.lineno


@dataclass(slots=True)
class Usage:
    """What is used of an app by code that is not in it."""

    calls: dict[str, list[Site]] = field(default_factory=dict)
    """By the function's dotted name."""
    gets: dict[Model, list[Site]] = field(default_factory=dict)
    """One row by its key."""
    others: list[tuple[str, int, str]] = field(default_factory=list)
    """What no operation can stand in for: path, line, and why."""


def functions_of(codebase: Codebase, app: App) -> Functions:
    """Return the functions that stand at the top of the app's files."""
    found: dict[str, tuple[Module, Function]] = {}
    for path in codebase.paths():
        if codebase.owner(path) is app:
            module = codebase.module(path)
            for node in module.tree.body:
                if isinstance(node, Function):
                    found[f"{module.name}.{node.name}"] = (module, node)
    return found


def usage_of(codebase: Codebase, app: App, functions: Functions) -> Usage:
    """Find every place outside an app that names something of it."""
    usage = Usage()
    for path in codebase.paths():
        if codebase.owner(path) is not app and path not in codebase.findings.settings:
            module = codebase.module(path)
            for node, target in _find_names(codebase, app, module):
                _sort(codebase, functions, usage, path, module, node, target)
    return usage


def reads_of(site: Site, is_many: bool) -> frozenset[str] | None:
    """Tell which attributes of a call's result are read; None where more is done with it than reading them."""
    parent = site.module.parents.get(id(site.call))
    if isinstance(parent, ast.Expr):
        return frozenset()
    if is_many:
        match parent:
            case ast.For(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)):
                return _reads_of_name(site, name)
        return None
    match parent:
        case ast.Attribute():
            return frozenset({parent.attr}) if _is_read(site.module, parent) else None
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _reads_of_name(site, name)
    return None


def function_around(module: Module, node: ast.AST) -> ast.AST:
    """Return the function that a node stands in, or the file."""
    at: ast.AST | None = node
    while at is not None and not isinstance(at, Function):
        at = module.parents.get(id(at))
    return at or module.tree


def scope_of(module: Module, node: ast.AST) -> Scope:
    """Return the scope that a node stands in."""
    around: list[ast.Module | ast.ClassDef | Function] = []
    at = module.parents.get(id(node))
    while at is not None:
        if isinstance(at, ast.ClassDef | Function | ast.Module):
            around.append(at)
        at = module.parents.get(id(at))
    scope = Scope(module.tree)
    for each in reversed(around):
        scope = Scope(each, scope) if each is not module.tree else scope
    return scope


def _find_names(codebase: Codebase, app: App, module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Yield the names that lead into the app, each with what it leads to: a function, a class, or something else."""
    index = codebase.index
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        qualified = module.qualified(node)
        if not qualified or index.app(target := index.canonical(qualified)) is not app or target in index.files:
            continue
        # `Invoice.objects` leads to nothing but what `Invoice` leads to.
        if isinstance(node, ast.Attribute) and index.canonical(target.rpartition(".")[0]) not in index.files:
            continue
        if _owner_file(codebase, target):
            yield node, target


def _owner_file(codebase: Codebase, target: str) -> bool:
    return target.rpartition(".")[0] in codebase.index.files


def _sort(
    codebase: Codebase,
    functions: Functions,
    usage: Usage,
    path: str,
    module: Module,
    node: ast.expr,
    target: str,
) -> None:
    parent = module.parents.get(id(node))
    short = target.rpartition(".")[2]
    if target in functions:
        if isinstance(parent, ast.Call) and parent.func is node:
            usage.calls.setdefault(target, []).append(Site(path, module, parent))
        else:
            usage.others.append((path, node.lineno, f"hands on {short} as a value: call it where it is needed"))
        return
    model = codebase.index.models.get(target)
    if model and (call := _get_by_key(module, node)):
        usage.gets.setdefault(model, []).append(Site(path, module, call))
    elif model and _is_annotation(module, node):
        usage.others.append((path, node.lineno, f"names {short} as a type: take the value of the contract"))
    elif model:
        usage.others.append((path, node.lineno, f"uses the model {short}: write a query for what it asks"))
    elif not _is_routed(module):
        usage.others.append((path, node.lineno, f"uses {short}: move it into a library, or write an operation for it"))


def _is_routed(module: Module) -> bool:
    """Tell whether a file says which view answers what: requests for those of a service are passed on by it."""
    names = (target for node in module.tree.body if isinstance(node, ast.Assign) for target in node.targets)
    return any(isinstance(name, ast.Name) and name.id == "urlpatterns" for name in names)


def _get_by_key(module: Module, node: ast.expr) -> ast.Call | None:
    """Return `Model.objects.get(pk=…)` around a name of the model."""
    manager = module.parents.get(id(node))
    method = module.parents.get(id(manager))
    call = module.parents.get(id(method))
    if not (isinstance(manager, ast.Attribute) and manager.attr == "objects" and isinstance(method, ast.Attribute)):
        return None
    if method.attr in _ONE and isinstance(call, ast.Call) and call.func is method and not call.args:
        return call if [word.arg for word in call.keywords] in (["pk"], ["id"]) else None
    return None


def _is_annotation(module: Module, node: ast.AST) -> bool:
    at: ast.AST | None = node
    while at is not None and not isinstance(at, ast.stmt | ast.arg):
        before, at = at, module.parents.get(id(at))
        if isinstance(at, ast.arg | ast.AnnAssign):
            return at.annotation is before
        if isinstance(at, Function):
            return at.returns is before
    return False


def _reads_of_name(site: Site, name: str) -> frozenset[str] | None:
    found, stores = set(), 0
    for node in ast.walk(function_around(site.module, site.call)):
        if isinstance(node, ast.Name) and node.id == name:
            if isinstance(node.ctx, ast.Store):
                stores += 1
                continue
            parent = site.module.parents.get(id(node))
            if _is_asked_for(parent):
                continue
            if not isinstance(parent, ast.Attribute) or not _is_read(site.module, parent):
                return None
            found.add(parent.attr)
    return frozenset(found) if stores == 1 else None


def _is_asked_for(parent: ast.AST | None) -> bool:
    """Tell whether a name only stands for being there or not: `if row`, `row is None`."""
    match parent:
        case ast.If() | ast.IfExp() | ast.UnaryOp(op=ast.Not()) | ast.Assert():
            return True
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
    return False


def _is_read(module: Module, node: ast.Attribute) -> bool:
    parent = module.parents.get(id(node))
    return isinstance(node.ctx, ast.Load) and not (isinstance(parent, ast.Call) and parent.func is node)
