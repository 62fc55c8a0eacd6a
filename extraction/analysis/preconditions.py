"""Before the rules: every file can be read, every folder is a module. A graph of imports drops silently what is not."""

import keyword
from collections.abc import Iterator
from pathlib import PurePosixPath

from extraction.analysis.finding import Finding
from extraction.reading import manifest
from extraction.reading.project import Project


def check(project: Project) -> Iterator[Finding]:
    """What keeps the project from being analysed at all."""
    yield from _syntax(project)
    yield from _packages(project)
    for module in project.folders:
        yield from _name(project, module)
        yield from _manifest(project, module)


def _syntax(project: Project) -> Iterator[Finding]:
    for folder in project.layers.values():
        for path in project.files(folder):
            if path.endswith(".py"):
                try:
                    project.source(path)
                except SyntaxError as error:
                    yield Finding(path, error.lineno or 1, "syntax", f"not Python: {error.msg}", "correct it")
                except ValueError as error:
                    yield Finding(path, 1, "syntax", f"not Python: {error}", "correct it")


def _packages(project: Project) -> Iterator[Finding]:
    for folder in project.layers.values():
        files = frozenset(project.files(folder))
        holders = {PurePosixPath(path).parent for path in files if path.endswith(".py")}
        folders = {place for holder in holders for place in (holder, *holder.parents) if _within(place, folder)}
        for place in sorted(folders):
            if f"{place}/__init__.py" not in files and not _is_no_package(place):
                yield Finding(
                    f"{place}/__init__.py",
                    1,
                    "package",
                    f"{place} has no __init__.py, so nobody sees what is imported there",
                    "add an empty __init__.py",
                )


def _within(place: PurePosixPath, folder: str) -> bool:
    return place == PurePosixPath(folder) or PurePosixPath(folder) in place.parents


def _is_no_package(place: PurePosixPath) -> bool:
    """Nobody imports from such folders; what tests import is looked at file by file."""
    return bool({"static", "templates", "tests"} & set(place.parts))


def _name(project: Project, module: str) -> Iterator[Finding]:
    if keyword.iskeyword(module):
        message = f"{module} is a keyword of Python, so that no import statement can name the module"
        yield Finding(f"{project.folder(module)}/__init__.py", 1, "package", message, "rename the folder")


def _manifest(project: Project, module: str) -> Iterator[Finding]:
    path = f"{project.folder(module)}/module.py"
    declare = f"write MODULE = Module(name={module!r}, …) there, with everything in it named plainly"
    try:
        found = manifest.read(project.source(path))
    except FileNotFoundError:
        yield Finding(path, 1, "manifest", f"the module {module} has no manifest", declare)
    except manifest.UnreadableManifest as unreadable:
        yield Finding(path, unreadable.line, "manifest", str(unreadable), declare)
    except (SyntaxError, ValueError):
        return
    else:
        if found.name != module:
            message = f"the manifest says {found.name!r}, the folder {module!r}"
            yield Finding(path, found.line, "manifest", message, "call both the same")
