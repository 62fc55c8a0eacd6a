"""Models of other people's applications: their tables are in the deployable's own database, and no module's."""

import ast
from collections.abc import Iterator

from extraction.analysis import installed
from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.rules.relations import RELATIONS
from extraction.reading.dependencies import OWN
from extraction.reading.source import Source

ASKING = frozenset(
    {
        "django.contrib.auth.authenticate",
        "django.contrib.auth.aauthenticate",
        "django.contrib.auth.get_user_model",
        "django.contrib.sessions.backends.db.SessionStore",
        "django.contrib.sites.shortcuts.get_current_site",
    }
)
"""What reads or writes such tables without naming a model."""
FIX = "keep such rows in a model of your own"


@rule
def borrowed_models(subject: Subject) -> Iterator[Finding]:
    """`Site.objects`, `get_user_model()`, `LogEntry(…)`: these rows would stay behind."""
    # Who an operator is, is for the deployable to say, and for whoever it asks.
    backends = {name.rpartition(".")[0] for name in subject.project.manifests[subject.module].authentication_backends}
    for source in subject.sources:
        if not source.is_test and source.name not in backends:
            found = {(line, name) for name, line in _uses(source) if name in ASKING or _is_borrowed(name)}
            for line, name in sorted(found):
                yield Finding(source.path, line, "model", f"{name} is in the deployable's own database", FIX)


@rule
def applications_with_tables(subject: Subject) -> Iterator[Finding]:
    """An application in the manifest that has models: what it stores for the module would stay behind."""
    manifest = subject.project.manifests[subject.module]
    for name, line in manifest.apps.items():
        if installed.has_models(name):
            message = f"the tables of {name} are in the deployable's own database, and would stay behind"
            yield Finding(manifest.path, line, "model", message, f"{FIX}, or say why they may stay")


def _uses(source: Source) -> Iterator[tuple[str, int]]:
    """Whatever imported is used, other than in a relation, which has a rule of its own, and to say a type."""
    passed_over = {
        id(node) for called, call in source.calls() if called.rpartition(".")[2] in RELATIONS for node in ast.walk(call)
    }
    for node in source.nodes:
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.expr):
                passed_over |= {id(inner) for inner in ast.walk(annotation)}
    for node in source.nodes:
        is_read = isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        if is_read and id(node) not in passed_over and (dotted := source.qualified(node)):
            yield dotted, getattr(node, "lineno", 1)


def _is_borrowed(dotted: str) -> bool:
    return "." in dotted and dotted.partition(".")[0] not in OWN | {"modules"} and installed.is_model(dotted)
