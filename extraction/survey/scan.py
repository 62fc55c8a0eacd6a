"""Reads every file once, in several processes where there is much to read."""

import multiprocessing
import os
import platform
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from extraction.survey.facts import Clue, FileFacts, class_facts
from extraction.survey.inference import Inference
from extraction.survey.rules import Subject, collect_all, templates, urls
from extraction.survey.syntax import Module
from extraction.survey.tree import Tree, python_names

Report = Callable[[int, int], None]
"""Told how many files of how many are read."""
_POOL_FROM_FILES = 300
_CHUNK_FILES = 16
_RELATED = re.compile(rb"""related_name\s*=\s*f?["'](\w*)""")
_CLASS = re.compile(rb"^class\s+(\w+)", re.MULTILINE)


class Work(NamedTuple):
    """A file to read."""

    root: str
    path: str
    name: str
    accessors: frozenset[str]


def read_python(tree: Tree, app_names: Callable[[str], str | None], report: Report) -> list[FileFacts]:
    """Read the Python files. A file that cannot be parsed has an error and no facts."""
    accessors = _accessors(tree)
    names = ((path, app_names(path) or name) for path, name in python_names(tree))
    work = [Work(str(tree.root), path, name, accessors) for path, name in names]
    found: list[FileFacts] = []
    for facts in _run(work):
        found.append(facts)
        report(len(found), len(work))
    return found


def read_templates(tree: Tree) -> Iterator[FileFacts]:
    """Read the templates: what they include, and where they link to."""
    for path in tree.templates:
        facts = FileFacts(path, "")
        try:
            text = templates.without_comments((tree.root / path).read_text(errors="replace"))
        except OSError as error:
            facts.error = (1, error.strerror or "not readable")
        else:
            facts.clues = [Clue("templates", line, name) for line, name in templates.of_template(text)]
            facts.clues += [Clue("urls", line, name) for line, name in urls.of_template(text)]
        yield facts


def _run(work: list[Work]) -> Iterator[FileFacts]:
    processes = min(os.cpu_count() or 1, 8)
    if len(work) < _POOL_FROM_FILES or processes == 1:
        yield from map(read, work)
        return
    # Nothing here has threads or connections yet; a fork starts at once, where a spawn imports everything again.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_signals) as pool:
        yield from pool.map(read, work, chunksize=_CHUNK_FILES)


def _leave_signals() -> None:
    """Have a worker end as processes do: what the command does about signals is not for its workers."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def read(work: Work) -> FileFacts:
    """Read one file."""
    facts = FileFacts(work.path, work.name)
    try:
        text = Path(work.root, work.path).read_bytes()
        facts.lines = text.count(b"\n") + (not text.endswith(b"\n") and bool(text))
        module = Module.parse(work.path, work.name, text)
        _fill(facts, module, work.accessors)
    except SyntaxError as error:
        facts.error = (error.lineno or 1, f"Python {_version()} cannot parse it: {error.msg}")
    except OSError as error:
        facts.error = (1, error.strerror or "not readable")
    except (ValueError, RecursionError, MemoryError) as error:
        facts.error = (1, f"it cannot be parsed: {str(error) or type(error).__name__}")
    return facts


def _fill(facts: FileFacts, module: Module, accessors: frozenset[str]) -> None:
    facts.clues = collect_all(Subject(module, Inference(module), accessors))
    facts.names, facts.stars = module.names, module.stars
    facts.classes = class_facts(module)
    facts.urls = list(urls.definitions(module))


def _version() -> str:
    return platform.python_version().rpartition(".")[0]


def _accessors(tree: Tree) -> frozenset[str]:
    """The names that may be reverse accessors, found by a look at the text: too many do no harm."""
    found: set[str] = set()
    for path in tree.python:
        try:
            text = (tree.root / path).read_bytes()
        except OSError:
            continue
        names = _RELATED.findall(text)
        if b"%(class)s" in text or b"OneToOne" in text:
            names += [name.lower() for name in _CLASS.findall(text)]
        found |= {name.decode(errors="replace") for name in names if name}
    return frozenset(found)
