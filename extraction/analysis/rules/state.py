"""Memory that modules of one process would share: what the runtime and the contracts keep is not theirs to change."""

import ast
from collections.abc import Iterator
from functools import cache

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.layout import LAYERS
from extraction.reading.project import Project
from extraction.reading.source import Source

COMMON = ("builtins.", "contracts.", "django.", "seamline.")
CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft"}
    | {"remove", "setdefault", "update"}
)
MAKERS = frozenset({"Counter", "OrderedDict", "bytearray", "defaultdict", "deque", "dict", "list", "set"})
FIX = "keep it in the module's own database; what others are to know, its contract says"


@rule
def common_state(subject: Subject) -> Iterator[Finding]:
    """Something of the runtime's, the contracts' or Django's that is assigned to, or a container that is changed."""
    for source in subject.sources:
        if not source.is_test:
            for name, line in sorted({*_assignments(source), *_grown(subject.project, source)}):
                yield Finding(source.path, line, "state", f"{name} is changed, which all modules share", FIX)


def _assignments(source: Source) -> Iterator[tuple[str, int]]:
    for node in source.nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            target: ast.expr = node
            while isinstance(target, ast.Subscript):
                target = target.value
            name = source.qualified(target) or ""
            if name.startswith(COMMON):
                yield name, node.lineno
    for called, call in source.calls():
        if called in ("setattr", "delattr") and call.args:
            name = source.qualified(call.args[0]) or ""
            if f"{name}.".startswith(COMMON):
                yield name, call.lineno


def _grown(project: Project, source: Source) -> Iterator[tuple[str, int]]:
    for called, call in source.calls():
        name, _, method = called.rpartition(".")
        if method in CHANGING and name.startswith(("contracts.", "seamline.")) and name in _containers(project):
            yield name, call.lineno


@cache
def _containers(project: Project) -> frozenset[str]:
    """Dicts, lists and sets at the top of the runtime's and the contracts' files, by dotted name."""
    return frozenset(
        f"{source.name}.{target.id}"
        for source in (*project.runtime_sources, *project.sources(LAYERS["contracts"]))
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_container(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    )


def _is_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        made = value.func.id if isinstance(value.func, ast.Name) else getattr(value.func, "attr", "")
        return made in MAKERS
    return isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)
