"""Transactions: a module's begin in one place, and none is open while another module is told to do something."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.source import Source

PAST_THE_DOOR = frozenset(
    f"django.db.transaction.{name}"
    for name in ("Atomic", "atomic", "commit", "rollback", "set_autocommit", "savepoint", "non_atomic_requests")
)
DOOR = "kernel.databases.transaction"
CALL = ("kernel.calls.call", "kernel.calls.proxy.call")


@rule
def one_door(subject: Subject) -> Iterator[Finding]:
    """A transaction begun by Django's means, past the one place where a module's transactions begin."""
    for source in subject.sources:
        if not source.is_test:
            for line in sorted({use.line for use in source.uses if use.target in PAST_THE_DOOR}):
                message = "a transaction past the door"
                fix = f"write `with transaction({subject.module!r}):`, from kernel.databases"
                yield Finding(source.path, line, "transaction", message, fix)


@rule
def commands_inside(subject: Subject) -> Iterator[Finding]:
    """A command to another module inside an open transaction, which could still roll back."""
    for source in subject.sources:
        if not source.is_test:
            functions = _functions(source)
            for call in (call for block in _blocks(source) for call in _calls(block)):
                found = {(operation, through[:1]) for operation, through in _commands(subject, source, functions, call)}
                for operation, by in sorted(found):
                    by_whom = "".join(f" by {name}()" for name in by)
                    message = f"{operation} is commanded{by_whom} inside a transaction, which may still roll back"
                    fix = "call it before or after, or publish an event"
                    yield Finding(source.path, call.lineno, "transaction", message, fix)


def _commands(
    subject: Subject,
    source: Source,
    functions: Mapping[str, ast.FunctionDef],
    call: ast.Call,
    through: tuple[str, ...] = (),
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The operations that a call commands, itself or through functions of the same file, with their names."""
    if operation := _command(subject, source, call):
        yield operation, through
    name = _called(call)
    if name in functions and name not in through:
        for inner in _calls(functions[name]):
            yield from _commands(subject, source, functions, inner, (*through, name))


def _calls(block: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(block) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    """The name of the function or method of the same file that a call may be of."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return name
    return ""


def _functions(source: Source) -> dict[str, ast.FunctionDef]:
    """The file's functions and methods, but for names that could be one or another."""
    found = [node for node in source.nodes if isinstance(node, ast.FunctionDef)]
    times = Counter(function.name for function in found)
    return {function.name: function for function in found if times[function.name] == 1}


def _blocks(source: Source) -> Iterator[ast.AST]:
    """What runs inside `with transaction(…)` or a function decorated with it."""
    for node in source.nodes:
        if isinstance(node, ast.With):
            openers = [item.context_expr for item in node.items]
        elif isinstance(node, ast.FunctionDef):
            openers = node.decorator_list
        else:
            continue
        if any(isinstance(o, ast.Call) and source.qualified(o.func) == DOOR for o in openers):
            yield node


def _command(subject: Subject, source: Source, node: ast.Call) -> str | None:
    """The operation, where a call is `call(Contract).operation(…)` and that is a command."""
    if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Call):
        return None
    proxy = node.func.value
    if source.qualified(proxy.func) not in CALL or not proxy.args:
        return None
    contract = subject.project.declarations.get(source.qualified(proxy.args[0]) or "")
    if contract and contract.operations.get(node.func.attr) == "command":
        return f"{contract.name.rpartition('.')[2]}.{node.func.attr}"
    return None
