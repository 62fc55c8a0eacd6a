"""Signals: a module hears its own models and nobody else's."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.source import Source, argument

MODELS = "django.db.models.signals."
FIX = "name a model of your own as the sender; to hear of another module, subscribe to its events"


@rule
def unbounded_signals(subject: Subject) -> Iterator[Finding]:
    """A receiver of model signals that names no sender hears the models of every module."""
    for source in subject.sources:
        for line, signals, sender in _connections(source):
            heard = [name.rpartition(".")[2] for name in signals if name.startswith(MODELS)]
            if heard and (sender is None or (isinstance(sender, ast.Constant) and sender.value is None)):
                message = f"{', '.join(heard)} of every module's models is heard"
                yield Finding(source.path, line, "signal", message, FIX)


def _connections(source: Source) -> Iterator[tuple[int, list[str], ast.expr | None]]:
    """Each `@receiver(signal)`, `signal.connect(…)` and `@signal.connect`, with the signals' names and the sender."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and source.qualified(node.func) == "django.dispatch.receiver" and node.args:
            yield node.lineno, [*source.meanings(node.args[0])], argument(node, 1, "sender")
        elif isinstance(node, ast.Call):
            yield node.lineno, _signals(source, node.func), argument(node, 1, "sender")
        for decorator in getattr(node, "decorator_list", ()):
            yield decorator.lineno, _signals(source, decorator), None


def _signals(source: Source, function: ast.expr) -> list[str]:
    """The signals whose `connect` it is."""
    return [name.removesuffix(".connect") for name in source.meanings(function) if name.endswith(".connect")]
