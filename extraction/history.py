"""The beginning of a service's history: one commit, which says what it is and where it comes from."""

import os
import shutil
import subprocess
from pathlib import Path

from extraction import interruption, repository

BRANCH = "main"
NOBODY = ("extraction", "extraction@localhost")
"""Author where git knows none."""
PLAIN = {
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
    """Commit all that is in `folder`, extracted from the monolith in `root`. Why there is no history, where none is."""
    if not shutil.which("git"):
        return "there is no git"
    name, email = _author(root)
    plain = PLAIN | {"user.name": name, "user.email": email}
    settings = [part for item in plain.items() for part in ("-c", "=".join(item))]
    try:
        _git(folder, *settings, "init", "--quiet", f"--initial-branch={BRANCH}", "--template=")
        # By force, so that a personal list of what git ignores leaves nothing out.
        _git(folder, *settings, "add", "--all", "--force")
        _git(folder, *settings, "commit", "--quiet", "--message", _message(root, module, service, monolith))
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder / ".git", ignore_errors=True)
        return f"git could not: {error.stderr.strip()}"
    return None


def _message(root: Path, module: str, service: str, monolith: str) -> str:
    subject = f"Extract {module} from {monolith}"
    revision = _asked(root, "rev-parse", "--verify", "HEAD")
    if not revision:
        return subject
    changed = ", and what was not committed there" if _asked(root, "status", "--porcelain") else ""
    return (
        f"{subject}\n\n{service} is the module {module} of {monolith} at revision\n{revision}{changed}.\n"
        "What git ignores there is no part of it."
    )


def _author(root: Path) -> tuple[str, str]:
    name, email = (_asked(root, "config", f"user.{what}") for what in ("name", "email"))
    return (name, email) if name and email else NOBODY


def _asked(root: Path, *arguments: str) -> str:
    """What git says of the monolith; nothing where it is not under git."""
    try:
        return _git(root, "--no-optional-locks", *arguments)
    except subprocess.CalledProcessError:
        return ""


def _git(folder: Path, *arguments: str) -> str:
    """Run git in a folder. Raises `CalledProcessError`."""
    done = interruption.run(
        ["git", *arguments],
        cwd=folder,
        env=repository.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    done.check_returncode()
    return done.stdout.strip()
