"""Settings: what a module reads is in its manifest, so that a service knows what to set."""

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.string_values import UNKNOWN, evaluate_string
from extraction.reading.layout import SETTINGS
from extraction.reading.project import Project
from extraction.reading.source import Source, argument

ENVIRONMENT = ("os.environ", "os.getenv", "environ.Env", "environ.FileAwareEnv", "decouple", "dotenv")
DOOR = "seamline.module.setting"
DJANGO = "django.conf.settings."
NAMES = "seamline.deployable.names"
"""Where the runtime names the settings that it makes."""
OF_MODULES = "MODULE_SETTINGS"


@rule
def environment(subject: Subject) -> Iterator[Finding]:
    """A setting read past the manifest, from the environment."""
    for source in subject.sources:
        if not source.is_test:
            for line in sorted({use.line for use in source.uses if use.target.startswith(ENVIRONMENT)}):
                fix = f"declare a Setting in the manifest, and read it with setting({subject.module!r}, …)"
                yield Finding(source.path, line, "setting", "the environment is read past the manifest", fix)


@rule
def own_settings(subject: Subject) -> Iterator[Finding]:
    """`setting(module, name)` of a name that the manifest does not declare, or of another module's."""
    manifest = subject.project.manifests[subject.module]
    declared = {setting.name for setting in manifest.settings}
    for source in subject.sources:
        for name, call in source.calls():
            if name == DOOR:
                module, wanted = (
                    evaluate_string(source, argument(call, 0, "module")),
                    evaluate_string(source, argument(call, 1, "name")),
                )
                if UNKNOWN in f"{module}{wanted}":
                    continue
                if module not in (None, subject.module):
                    yield Finding(
                        source.path, call.lineno, "setting", f"a setting of {module} is read", "ask its contract"
                    )
                elif wanted is not None and wanted not in declared:
                    message = f"the setting {wanted} is read, and not in the manifest"
                    fix = f"add Setting({wanted!r}, …) to settings in {manifest.path}"
                    yield Finding(source.path, call.lineno, "setting", message, fix)


@rule
def django_settings(subject: Subject) -> Iterator[Finding]:
    """`settings.X` that neither Django, nor the runtime, nor `config/settings.py` defines."""
    known = _known_names(subject.project)
    for source in subject.sources:
        for name, line in _read(source):
            fix = f"declare a Setting in the manifest, and read it with setting({subject.module!r}, …)"
            if name.isupper() and name not in known:
                message = f"settings.{name} is read, and no deployable defines it"
                yield Finding(source.path, line, "setting", message, fix)
            elif name == OF_MODULES and not source.is_test:
                message = f"settings.{name} has the settings of every module"
                yield Finding(source.path, line, "setting", message, fix)


def _read(source: Source) -> Iterator[tuple[str, int]]:
    """The names of Django's settings that a file reads, also by `getattr(settings, "X", …)`."""
    for use in source.uses:
        if use.target.startswith(DJANGO):
            yield use.target.removeprefix(DJANGO).partition(".")[0], use.line
    for name, call in source.calls():
        if name in ("getattr", "hasattr") and call.args and source.qualified(call.args[0]) == DJANGO.rstrip("."):
            yield evaluate_string(source, argument(call, 1, "name")) or "", call.lineno


@cache
def _known_names(project: Project) -> frozenset[str]:
    django = importlib.util.find_spec("django")
    defaults = Path(str(django.origin)).parent / "conf" / "global_settings.py" if django else None
    trees = [ast.parse(defaults.read_bytes())] if defaults else []
    trees.append(project.source(SETTINGS).tree)
    return _of_runtime(project) | frozenset(
        node.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _of_runtime(project: Project) -> frozenset[str]:
    """Read which settings the runtime makes; it is not imported, for it may be installed without what it needs."""
    annotated = (
        node.target
        for source in project.runtime_sources
        if source.name == NAMES
        for node in source.tree.body
        if isinstance(node, ast.AnnAssign)
    )
    return frozenset(target.id for target in annotated if isinstance(target, ast.Name))
