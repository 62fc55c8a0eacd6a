"""Transactions: a module's begin in one place, and none is open while another module is told to do something."""

import ast
from collections.abc import Iterator
from functools import cache

from extraction.analysis import definitions
from extraction.analysis.calls import contract_calls
from extraction.analysis.definitions import Definition, Function
from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.layout import module_package
from extraction.reading.source import Source, argument
from seamline.contract.names import handler_of

PAST_THE_DOOR = frozenset(
    f"django.db.transaction.{name}"
    for name in ("Atomic", "atomic", "commit", "rollback", "set_autocommit", "savepoint", "non_atomic_requests")
)
DOOR = "seamline.databases.transaction"
SAGA = "seamline.work.Saga"
SENDERS = frozenset({"delay", "apply_async"})


@rule
def one_door(subject: Subject) -> Iterator[Finding]:
    """A transaction begun by Django's means, past the one place where a module's transactions begin."""
    for source in subject.sources:
        if not source.is_test:
            for line in sorted({use.line for use in source.uses if use.target in PAST_THE_DOOR}):
                message = "a transaction past the door"
                fix = f"write `with transaction({subject.module!r}):`, from seamline.databases"
                yield Finding(source.path, line, "transaction", message, fix)


@rule
def effects_inside(subject: Subject) -> Iterator[Finding]:
    """A command to another module, or a task sent, inside an open transaction, which could still roll back."""
    known = definitions.of_module(subject.project, subject.module)
    for source in subject.sources:
        if not source.is_test:
            for block in _blocks(subject, source):
                for call in _calls(block):
                    yield from _findings(subject, source, call, known.called(source, call))


def _findings(subject: Subject, source: Source, call: ast.Call, called: Definition | None) -> Iterator[Finding]:
    done = {(effect, "") for effect in _effect(subject, source, call)}
    if called:
        done |= {(effect, f" by {called.node.name}()") for effect in _effects(subject, called)}  # type: ignore[attr-defined]
    for (what, fix), by_whom in sorted(done):
        message = f"{what}{by_whom} inside a transaction, which may still roll back"
        yield Finding(source.path, call.lineno, "transaction", message, fix)


@cache
def _effects(subject: Subject, function: Definition) -> frozenset[tuple[str, str]]:
    """What a function does that no rollback takes back, itself or through others of its module, with the remedy."""
    known = definitions.of_module(subject.project, subject.module)
    found: set[tuple[str, str]] = set()
    seen, waiting = {function.name}, [function]
    while waiting:
        here = waiting.pop()
        for call in _calls(here.node):
            found.update(_effect(subject, here.source, call))
            inner = known.called(here.source, call)
            if inner and inner.name not in seen:
                seen.add(inner.name)
                waiting.append(inner)
    return frozenset(found)


def _effect(subject: Subject, source: Source, call: ast.Call) -> Iterator[tuple[str, str]]:
    """What a call itself does: the message's beginning, and the remedy."""
    for found in contract_calls(subject.project, source):
        if found.node is call.func and found.contract.operations[found.operation] == "command":
            contract = found.contract.name.rpartition(".")[2]
            yield f"{contract}.{found.operation} is commanded", "call it before or after, or publish an event"
    base, _, attribute = (source.qualified(call.func) or "").rpartition(".")
    if attribute in SENDERS and base.startswith(module_package(subject.module, "")):
        task = base.rpartition(".")[2]
        yield f"the task {task} is sent", f"send it with on_commit(…, using={subject.module!r})"


def _calls(block: ast.AST) -> Iterator[ast.Call]:
    return (node for node in definitions.immediate(block) if isinstance(node, ast.Call))


def _blocks(subject: Subject, source: Source) -> Iterator[ast.AST]:
    """What runs inside a transaction: its block, a function decorated with it, and what the runtime calls in one."""
    handlers = _handlers(subject) if source.name.startswith(module_package(subject.module, "handlers")) else frozenset()
    for node in source.nodes:
        match node:
            case ast.With() | ast.AsyncWith():
                openers = [item.context_expr for item in node.items]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                openers = node.decorator_list
                if node.name in handlers:
                    yield node
            case ast.Call() if source.qualified(node.func) == SAGA:
                yield from _ends(subject, source, node)
                continue
            case _:
                continue
        if any(isinstance(o, ast.Call) and source.qualified(o.func) == DOOR for o in openers):
            yield node


def _handlers(subject: Subject) -> frozenset[str]:
    """Handlers run in the transaction in which their event is remembered."""
    subscribes = subject.project.manifests[subject.module].subscribes
    return frozenset(handler_of(event.rpartition(".")[2]) for event in subscribes)


def _ends(subject: Subject, source: Source, saga: ast.Call) -> Iterator[ast.AST]:
    """What completes or abandons a saga runs in the transaction that marks it so."""
    for end in (argument(saga, 3, "complete"), argument(saga, 4, "abandon")):
        dotted = source.qualified(end) if end else None
        found = definitions.of_module(subject.project, subject.module).named(dotted) if dotted else None
        # One of another file would be reported with the wrong path.
        if found and found.source is source and isinstance(found.node, Function):
            yield found.node
