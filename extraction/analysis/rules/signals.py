"""Signals: a module hears its own models and nobody else's."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.source import Source, argument

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
    for name, call in source.calls():
        if name == "django.dispatch.receiver" and call.args:
            given = call.args[0]
            listed = given.elts if isinstance(given, ast.Tuple | ast.List) else [given]
            yield call.lineno, [source.qualified(item) or "" for item in listed], argument(call, 1, "sender")
        elif name.endswith(".connect"):
            yield call.lineno, [name.removesuffix(".connect")], argument(call, 1, "sender")
    for node in source.nodes:
        for decorator in getattr(node, "decorator_list", ()):
            name = source.qualified(decorator) or ""
            if name.endswith(".connect"):
                yield decorator.lineno, [name.removesuffix(".connect")], None
