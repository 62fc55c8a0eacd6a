"""The folder of a service, and what git knows of a repository."""

import json
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction import interruption, plan, repository, verification
from extraction.manifest import Manifest
from extraction.plan import File
from extraction.project import NotAProject, Project, is_left_behind
from extraction.refusals import Refusal

SHOWN = 10
"""Of files that are in the way."""


class Refused(Refusal):
    """Nothing was changed; the message says why, and what to do."""


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
        except NotAProject:
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
        """The addresses that the module answers, and its OpenAPI document. Raises `Refused`."""
        # Asked in the folder, by a process of its own, because what it has to say is in its code.
        command = ["manage.py", "interface", self.module]
        problem = f"{self.project.root} does not tell what it answers (python {' '.join(command)})"
        try:
            done = interruption.run(
                [verification.interpreter(self.project.root), *command],
                verification.PATIENCE,
                cwd=self.project.root,
                env=verification.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            done.check_returncode()
            found: dict[str, Any] = json.loads(done.stdout)
        except subprocess.TimeoutExpired as late:
            raise Refused(
                f"{problem}: it did not end within {late.timeout:g} seconds; run it there, and see what it waits for"
            ) from None
        except (subprocess.CalledProcessError, ValueError):
            said = (done.stderr.strip() or done.stdout.strip() or "it did not say why").splitlines()[-1]
            raise Refused(f"{problem}: {said}") from None
        return found


def files(project: Project, folder: str) -> list[File]:
    """Read all that a folder of a project has. Raises `plan.Refused` where a link leads elsewhere."""
    paths = project.files(folder)
    links = [plan.link(project, path, paths) for path in project.links(folder)]
    return [*(plan.file(project, path) for path in paths), *links]


def refuse_uncommitted(root: Path, paths: Iterable[str]) -> None:
    """Make sure that git could bring back what these files and folders have. Raises `Refused`."""
    paths = tuple(paths)
    done = _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", *paths)
    if done.returncode:
        raise Refused(f"{root} is not under git, which could bring back what is changed: commit it first")
    if changed := [entry[3:] for entry in done.stdout.split("\0") if entry]:
        more = [f"and {len(changed) - SHOWN} more"] if len(changed) > SHOWN else []
        listed = "\n  ".join([*changed[:SHOWN], *more])
        raise Refused(f"not committed; commit it, or put it aside (git stash --include-untracked):\n  {listed}")
    tracked = set(_git(root, "ls-files", "-z", "--", *paths).stdout.split("\0"))
    if ignored := [path for path in paths if (root / path).is_file() and path not in tracked]:
        raise Refused(f"{ignored[0]} is not under git, which could bring it back: commit it first")
    folders = [path for path in paths if (root / path).is_dir()]
    found = repository.list_ignored(root, *folders) if folders else []
    if lost := [path for path in found if not is_left_behind(path)]:
        others = f" (and {len(lost) - 1} more)" if lost[1:] else ""
        raise Refused(f"git ignores {lost[0]}{others}, and could not bring it back: put it elsewhere, or remove it")


def unknown(root: Path, files: Collection[File], there: Project) -> list[str]:
    """Those of the files that the repository in `root` does not have at their paths, and never had in its history.

    `there` is the project that the files are of.
    """
    missing = [found for found in files if not _has(root, found)]
    links = [found.path for found in missing if found.link]
    missing = [found for found in missing if not found.link]
    # A folder that is only a part of somebody else's repository has no history of its own.
    if not missing or not (root / ".git").exists():
        return [*(found.path for found in missing), *links]
    paths = "\n".join(str(there.root / found.path) for found in missing)
    names = _git(there.root, "hash-object", "--no-filters", "--stdin-paths", said=paths).stdout
    known = _git(root, "cat-file", "--batch-check", said=names).stdout.splitlines()
    return [*(found.path for found, line in zip(missing, known, strict=True) if line.endswith(" missing")), *links]


def _has(root: Path, wanted: File) -> bool:
    place = root / wanted.path
    if wanted.link:
        return place.is_symlink() and str(place.readlink()) == wanted.link
    return place.is_file() and place.read_bytes() == wanted.content


def _git(root: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(root), "--no-optional-locks", "-c", "core.quotePath=false", *arguments]
    return subprocess.run(command, input=said, capture_output=True, text=True, errors="replace")
