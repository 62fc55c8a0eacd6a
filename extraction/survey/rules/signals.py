"""Signals: of others' models, of all models, and signals that another app defines."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from extraction.survey.facts import Clue, Reference, reference
from extraction.survey.index import Model
from extraction.survey.inference import Inference
from extraction.survey.model import EVERY, OUTSIDE, Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import Module, Scope, argument

OF_MODELS = frozenset(
    (
        "pre_save",
        "post_save",
        "pre_delete",
        "post_delete",
        "m2m_changed",
        "pre_init",
        "post_init",
        "pre_migrate",
        "post_migrate",
        "class_prepared",
        "page_published",
        "page_unpublished",
    )
)


class Connection(NamedTuple):
    """A receiver, or something that sends."""

    signal: str
    senders: tuple[Reference | None, ...]
    has_sender: bool


def collect(subject: Subject) -> Iterator[tuple[int, Connection]]:
    """Notice `signal.connect(…)`, `@receiver(…)` and `signal.send(…)`."""
    module = subject.module
    for call, scope in module.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("connect", "send", "send_robust"):
            if signal := module.qualified(call.func.value):
                sender = argument(call, 1 if call.func.attr == "connect" else None, "sender")
                receives = call.func.attr == "connect"
                for node in _each(sender):
                    yield call.lineno, _connection(subject, signal, node if receives else None, receives, scope)
        elif module.spelled(call.func).rpartition(".")[2] == "receiver" and call.args:
            sender = argument(call, None, "sender")
            for signal in _signals(module, call.args[0]):
                for node in _each(sender):
                    yield call.lineno, _connection(subject, signal, node, True, scope)


def _connection(subject: Subject, signal: str, sender: ast.expr | None, receives: bool, scope: Scope) -> Connection:
    if sender is None or (isinstance(sender, ast.Constant) and sender.value is None):
        return Connection(signal, (), not receives)
    found = reference(subject.module, sender)
    if found is None or (found.how == "class" and isinstance(sender, ast.Name)):
        found = _inferred(subject.inference, sender, scope) or found
    return Connection(signal, (found,), True)


def _inferred(inference: Inference, sender: ast.expr, scope: Scope) -> Reference | None:
    if isinstance(sender, ast.Name) and (value := inference.value(sender.id, scope)) is not None:
        return reference(inference.module, value)
    return None


def _each(sender: ast.expr | None) -> list[ast.expr | None]:
    return list(sender.elts) if isinstance(sender, ast.List | ast.Tuple) else [sender]


def _signals(module: Module, node: ast.expr) -> list[str]:
    nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [name for each in nodes if (name := module.qualified(each))]


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose model a receiver listens to, and whose signal it is."""
    connection: Connection = clue.data
    signal = place.index.canonical(connection.signal)
    short = signal.rpartition(".")[2]
    own = place.index.app(signal)
    if own is not None:
        yield from place.to("signal", clue.line, own, signal, f"uses the signal {signal}")
    is_django = signal.startswith("django.db.models.signals.") or (own is None and short in OF_MODELS)
    if not is_django or short.endswith("_migrate"):
        return
    if not connection.has_sender:
        source = place.app.label if place.app else OUTSIDE
        text = f"hears {short} of every model"
        yield Coupling(place.path, clue.line, "signal-of-all", source, EVERY, signal, text)
    for sender in connection.senders:
        through = sender is not None and sender.how == "through"
        model = _through(place, sender.name) if through and sender else place.index.model(sender, place.app)
        if model:
            of = f"the table between of {model.label}" if through else model.label
            yield from place.to_model("signal", clue.line, model, f"hears {short} of {of}")


def _through(place: Place, dotted: str) -> Model | None:
    """The model that has the many-to-many field `Model.field`, whose `through` sends."""
    name, _, _ = dotted.rpartition(".")
    return place.index.model(Reference("class", name), place.app)


rule("signals", collect, resolve)
