# ruff: noqa: N802 -- libcst calls visitors by the names of nodes
"""Callers go through the contract: `services.total_of(3)` becomes `call(Billing).total_of(3)`."""

import ast
from collections.abc import Iterable
from typing import NamedTuple

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor
from libcst.metadata import MetadataWrapper, PositionProvider

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring.draft import Draft, Operation
from extraction.adopting.declaring.usage import Site
from extraction.processes.ruff import format_python


class Range(NamedTuple):
    """Where an expression begins and ends: lines from 1, columns in characters from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


def rewrite_callers(codebase: Codebase, draft: Draft, changes: Changes) -> None:
    """Have every call that can be made through the contract be made so. What cannot is remarked."""
    by_path: dict[str, list[tuple[Site, Operation]]] = {}
    for operation in draft.operations:
        for site in operation.sites:
            by_path.setdefault(site.path, []).append((site, operation))
    contract = f"{codebase.contracts}.{draft.app.label}"
    for path, sites in sorted(by_path.items()):
        if taken := sorted(name for name in ("call", draft.contract) if _is_taken(sites[0][0].module.tree, name)):
            for site, operation in sites:
                why = f"{', '.join(taken)} means something else in this file: rename that, and call the contract"
                changes.remark(path, site.line, f"calls {operation.name}; {why}")
            continue
        text = changes.text(path)
        edits = {range_of(text, site.call): operation for site, operation in sites}
        changes.put(path, rewrite(text, edits, contract, draft.contract))
        number = len(sites)
        changes.notes.append(
            f"{path}: {number} call{' goes' if number == 1 else 's go'} through the contract of {draft.app.label}"
        )
        _name_in_manifest(codebase, path, contract, draft.contract, changes)


def rewrite(text: str, edits: dict[Range, Operation], contract: str, name: str) -> str:
    """Return a file's text with calls replaced, and its imports as they have to be then."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    visitor = _Calls(edits, name)
    module = wrapper.visit(visitor)
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, contract, name)
    AddImportsVisitor.add_needed_import(context, "seamline.calls", "call")
    module = AddImportsVisitor(context).transform_module(module)
    for node in _imported(module):
        if node[1] in visitor.replaced_names:
            RemoveImportsVisitor.remove_unused_import(context, node[0], node[2], node[3])
    return RemoveImportsVisitor(context).transform_module(module).code


def range_of(text: str, node: ast.expr) -> Range:
    """Return where a node stands; `ast` counts columns in bytes, libcst in characters."""
    lines = text.splitlines()

    def column(line: int, at: int) -> int:
        return len(lines[line - 1].encode()[:at].decode(errors="replace"))

    end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
    return Range(node.lineno, column(node.lineno, node.col_offset), end_line, column(end_line, end))


class _Calls(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, edits: dict[Range, Operation], contract: str) -> None:
        super().__init__()
        self.edits, self.contract = edits, contract
        self.replaced_names: set[str] = set()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        at = self.get_metadata(PositionProvider, original_node)
        operation = self.edits.get(Range(at.start.line, at.start.column, at.end.line, at.end.column))
        if operation is None:
            return updated_node
        self.replaced_names.add(_first_name(original_node.func))
        function = cst.parse_expression(f"call({self.contract}).{operation.name}")
        args = updated_node.args
        if operation.function is None:
            # `get(pk=3)`: the operation calls its argument by another name.
            args = [args[0].with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)]
        return updated_node.with_changes(func=function, args=args)


def _first_name(node: cst.BaseExpression) -> str:
    while isinstance(node, cst.Attribute | cst.Call):
        node = node.value if isinstance(node, cst.Attribute) else node.func
    return node.value if isinstance(node, cst.Name) else ""


def _imported(module: cst.Module) -> Iterable[tuple[str, str, str | None, str | None]]:
    """Yield each import: its module, the name it has in the file, the object's name, and the name it is given."""
    for node in ast.walk(ast.parse(module.code)):
        if isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((base, alias.asname or alias.name, alias.name, alias.asname) for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias.asname or alias.name.partition(".")[0], None, alias.asname


def _is_taken(tree: ast.Module, name: str) -> bool:
    """Tell whether a name stands for something else in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
        # A method is no name of the file's.
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and (
            node.name == name and node in tree.body
        ):
            return True
        if isinstance(node, ast.arg) and node.arg == name:
            return True
        if isinstance(node, ast.ImportFrom) and (
            not (node.module or "").startswith(("seamline", "contracts"))
            and any((alias.asname or alias.name) == name for alias in node.names)
        ):
            return True
    return False


def _name_in_manifest(codebase: Codebase, path: str, contract: str, name: str, changes: Changes) -> None:
    """Add the contract to what a caller that is a module itself says that it calls."""
    owner = codebase.owner(path)
    manifest = codebase.manifest(owner) if owner else None
    if owner and manifest and f"{contract}.{name}" not in manifest.calls:
        text = add_to_manifest(changes.text(manifest.path), "calls", contract, name)
        changes.put(manifest.path, format_python(changes.root, manifest.path, text))


def add_to_manifest(text: str, argument: str, module: str, name: str) -> str:
    """Add a class to one of the tuples of a manifest: `calls`, `subscribes`."""
    tree = cst.parse_module(text).visit(_Manifest(argument, name))
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, module, name)
    return AddImportsVisitor(context).transform_module(tree).code


_BEFORE = ("name", "summary", "serves", "calls")
"""What a manifest says before what it calls and subscribes to."""


class _Manifest(cst.CSTTransformer):
    def __init__(self, argument: str, name: str) -> None:
        super().__init__()
        self.argument, self.name = argument, name

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        target = updated_node.targets[0].target
        if not (isinstance(target, cst.Name) and target.value == "MODULE" and isinstance(updated_node.value, cst.Call)):
            return updated_node
        call = updated_node.value
        added = cst.Element(cst.Name(self.name))
        for at, arg in enumerate(call.args):
            if arg.keyword and arg.keyword.value == self.argument and isinstance(arg.value, cst.Tuple | cst.List):
                if any(isinstance(e.value, cst.Name) and e.value.value == self.name for e in arg.value.elements):
                    return updated_node
                elements = [*arg.value.elements, added]
                args = [*call.args]
                args[at] = arg.with_changes(value=arg.value.with_changes(elements=elements))
                return updated_node.with_changes(value=call.with_changes(args=args))
        new = cst.Arg(
            keyword=cst.Name(self.argument),
            equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
            value=cst.Tuple([added.with_changes(comma=cst.Comma())]),
        )
        before = [at for at, arg in enumerate(call.args) if arg.keyword and arg.keyword.value in _BEFORE]
        at = before[-1] if before else len(call.args) - 1
        new = new.with_changes(comma=call.args[at].comma)
        args = [*call.args[: at + 1], new, *call.args[at + 1 :]]
        return updated_node.with_changes(value=call.with_changes(args=args))
