"""Relations between models of different databases."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.string_values import evaluate_string
from extraction.reading.source import Source, argument, text

RELATIONS = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField"})
GENERIC = frozenset({"GenericForeignKey", "GenericRelation"})
FIX = "keep its id in a plain field, and ask its module through the contract"


@rule
def foreign_keys(subject: Subject) -> Iterator[Finding]:
    """A relation to a model of another module, or of Django's own applications, by class or by name."""
    for source in subject.sources:
        for name, call in source.calls():
            if name.rpartition(".")[2] in RELATIONS:
                through = next((keyword.value for keyword in call.keywords if keyword.arg == "through"), None)
                for target in (argument(call, 0, "to"), through):
                    if elsewhere := _elsewhere(subject, source, target):
                        message = f"a relation to {elsewhere}, whose table is in another database"
                        yield Finding(source.path, call.lineno, "relation", message, FIX)


@rule
def borrowed_labels(subject: Subject) -> Iterator[Finding]:
    """A model that says with `app_label` that it belongs to another module."""
    for source in subject.sources:
        for label, line in source.assigned("app_label"):
            if label in subject.others:
                message = f"a model that says it belongs to {label}"
                yield Finding(source.path, line, "relation", message, "remove app_label")


@rule
def generic_foreign_keys(subject: Subject) -> Iterator[Finding]:
    """Generic relations need the table of content types, which is in the deployable's own database."""
    for source in subject.sources:
        bases = [(base, base) for node in source.nodes if isinstance(node, ast.ClassDef) for base in node.bases]
        called = [(node.func, node) for node in source.nodes if isinstance(node, ast.Call)]
        for named, place in (*bases, *called):
            name = (source.qualified(named) or "").rpartition(".")[2]
            if name in GENERIC:
                message = "a generic relation, which may point into any module and needs django_content_type"
                yield Finding(source.path, place.lineno, "relation", message, FIX)


@rule
def migration_dependencies(subject: Subject) -> Iterator[Finding]:
    """A migration that waits for one of another module."""
    for source in subject.sources:
        if source.is_migration:
            for node in source.nodes:
                if isinstance(node, ast.Tuple) and len(node.elts) == 2:
                    app, migration = (text(item) for item in node.elts)
                    if app in subject.others and migration and (migration[:4].isdigit() or migration.startswith("__")):
                        message = f"a migration that depends on {app}.{migration}"
                        fix = "remove the dependency: each database migrates alone"
                        yield Finding(source.path, node.lineno, "relation", message, fix)


def _elsewhere(subject: Subject, source: Source, target: ast.expr | None) -> str | None:
    named = evaluate_string(source, target)
    if named is not None:
        label, dot, _ = named.partition(".")
        return named if dot and label.lower() not in (subject.module, "seamline") else None
    if isinstance(target, ast.Call) and source.qualified(target.func) == "django.contrib.auth.get_user_model":
        return "the operators"
    dotted = source.qualified(target) if target else None
    if dotted == "django.conf.settings.AUTH_USER_MODEL":
        return "settings.AUTH_USER_MODEL"
    if dotted and (subject.foreign(dotted) or dotted.startswith("django.contrib.")):
        return dotted
    return None
