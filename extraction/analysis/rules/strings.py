"""Other modules named by strings, which no graph of imports can see."""

import ast
import posixpath
import re
from collections.abc import Iterator
from functools import cache

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.rules.relations import RELATIONS
from extraction.analysis.string_values import UNKNOWN, evaluate_string, evaluate_strings, texts
from extraction.reading.layout import owner_of_contract
from extraction.reading.project import Project
from extraction.reading.source import Source, argument

LOADERS = frozenset({"import_module", "__import__", "import_string", "find_spec", "resolve_name", "load_module"})
REGISTRY = frozenset(
    {"get_by_natural_key", "get_model", "get_app_config", "get_registered_model", "get_models", "is_installed"}
)
OPERATORS = "django.contrib."
"""Their models are looked at by a rule of its own."""
GET_MODEL = "django.apps.apps.get_model"
EVERYWHERE = (
    "django.apps.apps.all_models",
    "django.apps.apps.app_configs",
    "django.apps.apps.get_app_configs",
    "django.apps.apps.get_models",
    "django.conf.settings.ACTIVE_MODULES",
    "django.conf.settings.MODULE_URLS",
    "django.contrib.admin.site._registry",
    "django.db.models.Model.__subclasses__",
    "seamline.audit.facet",
    "seamline.personal_data.facet",
    "seamline.calls.server",
    "seamline.events.mailbox",
    "seamline.module.active",
    "seamline.module.find",
    "seamline.testing",
    "seamline.topology.use",
)
"""What leads into every module of a deployable, or to where it lives."""
FIX = "ask through its contract: call(…), or subscribe to its events"
_CODE = re.compile(rf"modules\.(\w+)(?:[.:][\w.:{UNKNOWN}]*)?")
_STATEMENT = re.compile(r"(?:\b(?:import|from)\s+modules(?:\.|\s+import\s+)|__import__\(\W*modules\.)(\w+)")
_FILE = re.compile(r"(?:^|/)(?:src/)?modules/(\w+)(?:/|$)|(?:^|/)\.\./(\w+)/")
_ANY_FILE = re.compile(rf"src/(?:\*\*|modules/[^/]*[*{UNKNOWN}])")
_FIXTURE = re.compile(r"""["']?\bmodel["']?\s*:\s*["']?(\w+)\.\w+""")


@rule
def code_named(subject: Subject) -> Iterator[Finding]:
    """`"modules.other…"`, whoever is to import it: `import_module`, `patch`, `sys.modules`, `send_task`, `exec`."""
    for source in subject.sources:
        for value, line, _ in texts(source):
            match = _CODE.fullmatch(value) or _STATEMENT.search(value)
            if match and match[1] in subject.others:
                yield Finding(source.path, line, "dynamic-import", f"{value!r} names code of {match[1]}", FIX)


@rule
def code_put_together(subject: Subject) -> Iterator[Finding]:
    """An import by name, of whatever module that names at run time, or of a contract that is not declared."""
    manifest = subject.project.manifests[subject.module]
    declared = {owner_of_contract(name) for name in (*manifest.calls, *manifest.subscribes)} | {subject.module, None}
    declared |= subject.project.shared_words
    for source in subject.sources:
        for name, call in source.calls():
            loaded = name.rpartition(".")[2] in LOADERS or name == "sys.modules.get"
            value = evaluate_string(source, argument(call, 0, "name")) if loaded else None
            if value and value.startswith((f"modules.{UNKNOWN}", f"modules{UNKNOWN}")):
                yield Finding(source.path, call.lineno, "dynamic-import", "any module is imported by name", FIX)
            elif value and owner_of_contract(value) not in declared:
                fix = f"declare the contract in {manifest.path}, and import it by a statement"
                yield Finding(source.path, call.lineno, "dynamic-import", f"{value} is imported by name", fix)


@rule
def registry(subject: Subject) -> Iterator[Finding]:
    """`apps.get_model("other", …)` and its like, and anything else that is asked for by `app_label`."""
    for source in subject.sources:
        for name, call in source.calls():
            position = 0 if name.rpartition(".")[2] in REGISTRY else len(call.args)
            for value in evaluate_strings(source, argument(call, position, "app_label")):
                label = (subject.foreign(value) or value.partition(".")[0]).lower()
                if label in subject.others and not _CODE.fullmatch(value) and not name.startswith(OPERATORS):
                    message = f"{label} is looked up in Django's registry"
                    yield Finding(source.path, call.lineno, "dynamic-import", message, FIX)
        named = {id(call.func) for _, call in source.calls()}
        named |= {id(value) for values in source.values.values() for value in values}
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and id(node) not in named and source.qualified(node) == GET_MODEL:
                message = f"{GET_MODEL} is handed on, so that nobody sees what is looked up"
                yield Finding(source.path, node.lineno, "dynamic-import", message, "call it where its name is written")


@rule
def ways_everywhere(subject: Subject) -> Iterator[Finding]:
    """What lists every module, every model, or every implementation of the deployable."""
    for source in subject.sources:
        if not source.is_test:
            for use in source.uses:
                way = next((w for w in EVERYWHERE if f"{use.target}.".startswith(f"{w}.")), None)
                if way:
                    message = f"{way} leads into every module of the deployable"
                    yield Finding(source.path, use.line, "dynamic-import", message, FIX)


@rule
def endpoints(subject: Subject) -> Iterator[Finding]:
    """The address of a contract endpoint, which only the runtime's client asks."""
    for source in subject.sources:
        for value, line, _ in texts(source):
            if "/_contracts/" in value and not source.is_test:
                message = "a contract's endpoint is asked past its client"
                yield Finding(source.path, line, "dynamic-import", message, "write call(Contract).operation(…)")


@rule
def model_names(subject: Subject) -> Iterator[Finding]:
    """A string that names another module's model: `"parcels.Parcel"`, other than in a relation or the registry."""
    for source in subject.sources:
        reported = _reported_elsewhere(source)
        for value, line, parts in texts(source):
            label, _, model = value.lower().partition(".")
            known = _models(subject.project, label) if label in subject.others else ()
            if model in known and not parts & reported:
                yield Finding(source.path, line, "model-name", f"{value!r} names a model of {label}", FIX)


@rule
def fixtures(subject: Subject) -> Iterator[Finding]:
    """Rows of another module's tables, in a fixture."""
    for path in subject.project.files(subject.project.folder(subject.module)):
        if "/fixtures/" in path and path.endswith((".json", ".jsonl", ".yaml", ".yml")):
            text = (subject.project.root / path).read_text(errors="replace")
            for match in _FIXTURE.finditer(text):
                if match[1].lower() in subject.others:
                    line = 1 + text.count("\n", 0, match.start())
                    message = f"rows of {match[1]} are in a fixture"
                    yield Finding(path, line, "model-name", message, f"move them into a fixture of {match[1]}")


@rule
def files(subject: Subject) -> Iterator[Finding]:
    """A path into another module's folder, however it is put together, or into that of any module."""
    for source in subject.sources:
        for value, line, _ in texts(source):
            path = posixpath.normpath(value) if value.startswith(("src/", "./", "../")) else value
            match = None if "://" in value else _FILE.search(path)
            other = match and (match[1] or match[2])
            if other in subject.others:
                message = f"{path!r} is in the folder of {other}"
                yield Finding(source.path, line, "file", message, "keep a copy of your own, or ask its contract")
            elif _ANY_FILE.match(path):
                message = f"{path!r} is in the folder of any module"
                yield Finding(source.path, line, "file", message, "name the file of your own")


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


@cache
def _reported_elsewhere(source: Source) -> frozenset[int]:
    calls = (call for name, call in source.calls() if name.rpartition(".")[2] in RELATIONS | REGISTRY)
    return frozenset(id(node) for call in calls for node in ast.walk(call))
