"""The beginning of a service's history: one commit, which says what it is and where it comes from."""

import os
import shutil
from pathlib import Path

from extraction.processes import git
from extraction.processes.errors import Refused

BRANCH = "main"
UNKNOWN_AUTHOR = ("extraction", "extraction@localhost")
"""Author where git knows none."""
NO_GIT = "there is no git"
PLAIN_CONFIGURATION = {
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "commit.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Whatever the user's own configuration has: the files as they are, no program of theirs, and none that outlives us."""


def begin(folder: Path, root: Path, module: str, service: str, monolith: str) -> str | None:
    """Commit all that is in `folder`, extracted from the monolith in `root`. Say why not, where that is not done."""
    return commit(folder, root, _message(root, module, service, monolith)) if git.is_installed() else NO_GIT


def commit(folder: Path, root: Path, message: str) -> str | None:
    """Begin a history in `folder`, by whoever git knows in `root`. Say why not, where that is not done."""
    if not git.is_installed():
        return NO_GIT
    name, email = _author(root)
    plain = PLAIN_CONFIGURATION | {"user.name": name, "user.email": email}
    settings = [part for item in plain.items() for part in ("-c", "=".join(item))]
    try:
        git.run(folder, *settings, "init", "--quiet", f"--initial-branch={BRANCH}", "--template=")
        # By force, so that a personal list of what git ignores leaves nothing out.
        git.run(folder, *settings, "add", "--all", "--force")
        git.run(folder, *settings, "commit", "--quiet", "--message", message)
    except Refused as refused:
        shutil.rmtree(folder / ".git", ignore_errors=True)
        return f"git could not: {refused}"
    return None


def _message(root: Path, module: str, service: str, monolith: str) -> str:
    subject = f"Extract {module} from {monolith}"
    revision = _ask(root, "rev-parse", "--verify", "HEAD")
    if not revision:
        return subject
    changed = ", and what was not committed there" if _ask(root, "status", "--porcelain") else ""
    return (
        f"{subject}\n\n{service} is the module {module} of {monolith} at revision\n{revision}{changed}.\n"
        "What git ignores there is no part of it."
    )


def _author(root: Path) -> tuple[str, str]:
    name, email = (_ask(root, "config", f"user.{what}") for what in ("name", "email"))
    return (name, email) if name and email else UNKNOWN_AUTHOR


def _ask(root: Path, *arguments: str) -> str:
    """Ask git about the monolith; the answer is empty where it is not under git."""
    try:
        return git.run(root, *arguments).strip()
    except Refused:
        return ""
