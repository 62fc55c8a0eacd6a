"""Other modules named by strings, which no graph of imports can see."""

import ast
from collections.abc import Iterator
from functools import cache

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.rules.relations import RELATIONS
from extraction.project import Project
from extraction.source import Source, argument, text

LOADERS = frozenset({"import_module", "__import__", "import_string", "find_spec", "resolve_name", "load_module"})
REGISTRY = frozenset({"get_model", "get_app_config", "get_models", "is_installed"})
MANIFESTS = frozenset({"kernel.module.active", "kernel.module.find"})
FIX = "ask through its contract: call(…), or subscribe to its events"


@rule
def loaded_by_name(subject: Subject) -> Iterator[Finding]:
    """`import_module("modules.other…")` and its like, also where only the beginning of the name is written out."""
    for source in subject.sources:
        for name, call in source.calls():
            if name.rpartition(".")[2] in LOADERS:
                beginning = _beginning(argument(call, 0, "name"))
                if beginning and subject.foreign(beginning):
                    message = f"{beginning} is imported by name"
                    yield Finding(source.path, call.lineno, "dynamic-import", message, FIX)


@rule
def registry(subject: Subject) -> Iterator[Finding]:
    """`apps.get_model("other", …)` and its like."""
    for source in subject.sources:
        for name, call in source.calls():
            if name.rpartition(".")[2] in REGISTRY and (value := text(argument(call, 0, "app_label"))):
                label = (subject.foreign(value) or value.partition(".")[0]).lower()
                if label in subject.others:
                    message = f"{label} is looked up in Django's registry"
                    yield Finding(source.path, call.lineno, "dynamic-import", message, FIX)


@rule
def manifests(subject: Subject) -> Iterator[Finding]:
    """`active()` and `find()` of the kernel lead into every module."""
    for source in subject.sources:
        for use in source.uses:
            if use.target in MANIFESTS and not source.is_test:
                message = f"{use.target} leads into every module of the deployable"
                yield Finding(source.path, use.line, "dynamic-import", message, FIX)


@rule
def model_names(subject: Subject) -> Iterator[Finding]:
    """A string that names another module's model: `"orders.Order"`, other than in a relation or the registry."""
    for source in subject.sources:
        reported = _reported(source)
        for value, node in source.strings():
            label, _, model = value.lower().partition(".")
            known = _models(subject.project, label) if label in subject.others else ()
            if model in known and id(node) not in reported:
                yield Finding(source.path, node.lineno, "model-name", f"{value!r} names a model of {label}", FIX)


@cache
def _models(project: Project, module: str) -> frozenset[str]:
    """The names of a module's models, in lower case as Django compares them."""
    return frozenset(
        node.name.lower()
        for source in project.module_sources(module)
        if "models" in source.name.split(".")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef)
    )


def _reported(source: Source) -> frozenset[int]:
    calls = (call for name, call in source.calls() if name.rpartition(".")[2] in RELATIONS | REGISTRY)
    return frozenset(id(node) for call in calls for node in ast.walk(call))


def _beginning(node: ast.expr | None) -> str | None:
    """What is written out of a string, with `…` for the part that is put together at run time."""
    if isinstance(node, ast.JoinedStr):
        start = text(node.values[0]) if node.values else None
        return f"{start}…" if start else None
    if isinstance(node, ast.BinOp):
        start = _beginning(node.left)
        return f"{start.rstrip('…')}…" if start else None
    return text(node)
