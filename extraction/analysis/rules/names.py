"""What Django finds by name in any application: addresses, templates, static files, tag libraries, commands."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.string_values import evaluate_string, evaluate_strings, texts
from extraction.reading.project import Project
from extraction.reading.source import Source, argument

REVERSING = frozenset(
    {
        "django.shortcuts.redirect",
        "django.shortcuts.resolve_url",
        "django.urls.reverse",
        "django.urls.reverse_lazy",
        "rest_framework.reverse.reverse",
        "rest_framework.reverse.reverse_lazy",
    }
)
PATHS = frozenset({"django.urls.path", "django.urls.re_path"})
COMMAND = "django.core.management.call_command"
FIXES = {
    "address": "write out the address, which the monolith answers for a module that left too",
    "command": "ask its contract, or move the command",
    "library": "keep a copy of your own",
    "static file": "keep a copy of your own",
    "template": "keep a copy of your own",
}
_TAG = re.compile(r"{%-?\s*(extends|include|load|static|url)\s+(.*?)-?%}", re.DOTALL)
_QUOTED = re.compile(r"""["']([^"']+)["']""")
_TAGS = {"extends": "template", "include": "template", "static": "static file", "url": "address"}


class Named(NamedTuple):
    """A name that a file uses, and what it is to find."""

    kind: str
    name: str
    line: int


@rule
def names_of_others(subject: Subject) -> Iterator[Finding]:
    """`reverse("other:…")`, `{% include "other/…" %}`, `call_command("others_command")`."""
    own = offered(subject.project, subject.module)
    for source in subject.sources:
        for named in (*_in_python(source), *_files_in_python(source)):
            yield from _finding(subject, own, source.path, named)
    for path in subject.project.files(subject.project.folder(subject.module)):
        if "/templates/" in path:
            text = (subject.project.root / path).read_text(errors="replace")
            for named in _in_template(text):
                yield from _finding(subject, own, path, named)


def _finding(subject: Subject, own: Mapping[str, frozenset[str]], path: str, named: Named) -> Iterator[Finding]:
    space, colon, _ = named.name.partition(":")
    if named.kind == "address" and colon and space in subject.others:
        owners = frozenset({space})
    else:
        owners = _owners(subject.project)[named.kind].get(named.name, frozenset())
    if owners and subject.module not in owners:
        message = f"the {named.kind} {named.name!r} is {' and '.join(sorted(owners))}'s"
        yield Finding(path, named.line, named.kind.partition(" ")[0], message, FIXES[named.kind])


@cache
def offered(project: Project, module: str) -> Mapping[str, frozenset[str]]:
    """The names that a module gives to what it has, by kind."""
    found: dict[str, set[str]] = {kind: set() for kind in FIXES}
    folder = project.folder(module)
    for path in project.files(folder):
        inside = PurePosixPath(path).relative_to(folder)
        match inside.parts:
            case ("templates", *rest):
                found["template"].add("/".join(rest))
            case ("static", *rest):
                found["static file"].add("/".join(rest))
            case ("templatetags", name) if name.endswith(".py") and name != "__init__.py":
                found["library"].add(inside.stem)
            case ("management", "commands", name) if name.endswith(".py") and not name.startswith("_"):
                found["command"].add(inside.stem)
    for source in project.module_sources(module):
        space = next((f"{value}:" for value, _ in source.assigned("app_name")), "")
        for name, call in source.calls():
            given = evaluate_string(source, argument(call, 3, "name")) if name in PATHS else None
            if given:
                found["address"].add(f"{space}{given}")
    return {kind: frozenset(names) for kind, names in found.items()}


@cache
def _owners(project: Project) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By kind and name: the modules that have something of that name."""
    found: dict[str, dict[str, frozenset[str]]] = {kind: {} for kind in FIXES}
    for module in project.modules:
        for kind, names in offered(project, module).items():
            for name in names:
                found[kind][name] = found[kind].get(name, frozenset()) | {module}
    return found


def _in_python(source: Source) -> Iterator[Named]:
    for name, call in source.calls():
        if name in REVERSING:
            yield from (
                Named("address", text, call.lineno) for text in evaluate_strings(source, argument(call, 0, "viewname"))
            )
        elif name == COMMAND:
            yield from (
                Named("command", text, call.lineno)
                for text in evaluate_strings(source, argument(call, 0, "command_name"))
            )
        for keyword in call.keywords:
            if keyword.arg == "pattern_name" and (text := evaluate_string(source, keyword.value)):
                yield Named("address", text, call.lineno)


def _files_in_python(source: Source) -> Iterator[Named]:
    """Every string that could be the name of a template or a static file: those have a folder and an ending."""
    for value, line, _ in texts(source):
        if "/" in value and "." in value and len(value) < 200:
            yield Named("template", value, line)
            yield Named("static file", value, line)


def _in_template(text: str) -> Iterator[Named]:
    for tag in _TAG.finditer(text):
        line = 1 + text.count("\n", 0, tag.start())
        if tag[1] == "load":
            yield from (Named("library", word, line) for word in tag[2].split())
        elif quoted := _QUOTED.match(tag[2].strip()):
            yield Named(_TAGS[tag[1]], quoted[1], line)
