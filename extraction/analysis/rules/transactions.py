"""Transactions: a module's begin in one place, and none is open while another module is told to do something."""

import ast
from collections.abc import Iterator

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
            for block in _blocks(source):
                for node in ast.walk(block):
                    if isinstance(node, ast.Call) and (operation := _command(subject, source, node)):
                        message = f"{operation} is commanded inside a transaction, which may still roll back"
                        fix = "call it before or after, or publish an event"
                        yield Finding(source.path, node.lineno, "transaction", message, fix)


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
