"""Signals: a module hears its own models and nobody else's."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.source import Source

MODELS = "django.db.models.signals."
FIX = "name a model of your own as the sender; to hear of another module, subscribe to its events"


@rule
def unbounded_signals(subject: Subject) -> Iterator[Finding]:
    """A receiver of model signals that names no sender hears the models of every module."""
    for source in subject.sources:
        for call, signals in _connections(source):
            if not any(keyword.arg == "sender" for keyword in call.keywords):
                message = f"{', '.join(signals)} of every module's models is heard"
                yield Finding(source.path, call.lineno, "signal", message, FIX)


def _connections(source: Source) -> Iterator[tuple[ast.Call, list[str]]]:
    """Each `@receiver(signal)` and `signal.connect(…)` of a model signal, with the names of the signals."""
    for name, call in source.calls():
        if name == "django.dispatch.receiver" and call.args:
            given = call.args[0]
            listed = given.elts if isinstance(given, ast.Tuple | ast.List) else [given]
            names = [source.qualified(item) or "" for item in listed]
        elif name.startswith(MODELS) and name.endswith(".connect"):
            names = [name.removesuffix(".connect")]
        else:
            continue
        if signals := [name.rpartition(".")[2] for name in names if name.startswith(MODELS)]:
            yield call, signals
