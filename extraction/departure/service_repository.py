"""The repository of a service, and what git knows of one."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction.processes import git, runner
from extraction.processes.errors import InvalidArgument, Refused
from extraction.reading.manifest import Manifest
from extraction.reading.project import Project, is_left_behind
from extraction.writing import plan
from extraction.writing.plan import File

MAX_LISTED = 10
"""Of files that are in the way."""


@dataclass(frozen=True)
class Service:
    """A repository with one module in it, as `extract` writes them."""

    project: Project
    module: str

    @classmethod
    def at(cls, folder: Path, monolith: Project) -> "Service":
        """The service in a folder. Raises `Refused`."""
        if folder == monolith.root:
            raise Refused(f"{folder} is the monolith itself: name the folder of a service")
        try:
            project = Project.at(folder)
        except InvalidArgument:
            raise Refused(f"{folder} is no service: it has not the folders that extraction writes") from None
        if len(project.modules) != 1:
            raise Refused(f"{folder} is no service: it has the modules {', '.join(project.modules) or '(none)'}")
        [module] = project.modules
        if module not in project.manifests:
            raise Refused(f"{project.folder(module)}/module.py in {folder} is no manifest that can be read: correct it")
        return cls(project, module)

    @property
    def manifest(self) -> Manifest:
        return self.project.manifests[self.module]

    @property
    def folder(self) -> str:
        """The module's folder, from the root."""
        return self.project.folder(self.module)

    def interface(self) -> dict[str, Any]:
        """Ask for the addresses that the module answers, and its OpenAPI document. Raises `Refused`."""
        command = ("manage.py", "interface", self.module)
        problem = f"{self.project.root} does not tell what it answers (python {' '.join(command)})"
        said = runner.ask(self.project.root, problem, *command)
        try:
            found: dict[str, Any] = json.loads(said)
        except ValueError:
            raise Refused(f"{problem}: {said.strip() or 'it did not say why'}") from None
        return found


def read_files(project: Project, folder: str) -> list[File]:
    """Read all that a folder of a project has. Raises `Refused` where a link leads elsewhere."""
    paths = project.files(folder)
    links = [plan.read_link(project, path, paths) for path in project.links(folder)]
    return [*(plan.read_file(project, path) for path in paths), *links]


def refuse_uncommitted(root: Path, paths: Iterable[str]) -> None:
    """Make sure that git could bring back what these files and folders have. Raises `Refused`."""
    paths = tuple(paths)
    try:
        status = git.run(root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", *paths)
    except Refused:
        raise Refused(f"{root} is not under git, which could bring back what is changed: commit it first") from None
    if changed := [entry[3:] for entry in status.split("\0") if entry]:
        more = [f"and {len(changed) - MAX_LISTED} more"] if len(changed) > MAX_LISTED else []
        listed = "\n  ".join([*changed[:MAX_LISTED], *more])
        raise Refused(f"not committed; commit it, or put it aside (git stash --include-untracked):\n  {listed}")
    tracked = set(git.run(root, "ls-files", "-z", "--", *paths).split("\0"))
    if ignored := [path for path in paths if (root / path).is_file() and path not in tracked]:
        raise Refused(f"{ignored[0]} is not under git, which could bring it back: commit it first")
    folders = [path for path in paths if (root / path).is_dir()]
    found = git.list_ignored(root, *folders) if folders else []
    if lost := [path for path in found if not is_left_behind(path)]:
        others = f" (and {len(lost) - 1} more)" if lost[1:] else ""
        raise Refused(f"git ignores {lost[0]}{others}, and could not bring it back: put it elsewhere, or remove it")


def find_unknown(root: Path, files: Collection[File], there: Project) -> list[str]:
    """Find those of the files that the repository in `root` has not at their paths, and never had in its history.

    `there` is the project that the files are of.
    """
    missing = [found for found in files if not _has(root, found)]
    links = [found.path for found in missing if found.link]
    missing = [found for found in missing if not found.link]
    # A folder that is only a part of somebody else's repository has no history of its own.
    if not missing or not (root / ".git").exists():
        return [*(found.path for found in missing), *links]
    paths = "\n".join(str(there.root / found.path) for found in missing)
    names = git.run(there.root, "hash-object", "--no-filters", "--stdin-paths", given=paths)
    known = git.run(root, "cat-file", "--batch-check", given=names).splitlines()
    return [*(found.path for found, line in zip(missing, known, strict=True) if line.endswith(" missing")), *links]


def _has(root: Path, wanted: File) -> bool:
    place = root / wanted.path
    if wanted.link:
        return place.is_symlink() and str(place.readlink()) == wanted.link
    return place.is_file() and place.read_bytes() == wanted.content
