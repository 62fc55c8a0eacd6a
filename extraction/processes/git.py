"""Run git in a folder, whatever is set in the environment of somebody who is at work in another one."""

import os
import shutil
import subprocess
from pathlib import Path

from extraction.processes import interruption
from extraction.processes.errors import Refused

LIST_FILES = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
LIST_IGNORED = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard")


def run(folder: Path, *arguments: str, given: str = "") -> str:
    """Run git in a folder, with something to read. Return what it says; raise `Refused` with what it complains of."""
    return run_binary(folder, *arguments, given=given).decode(errors="surrogateescape")


def run_binary(folder: Path, *arguments: str, given: str = "") -> bytes:
    """Do the same, and return bytes."""
    done = attempt(folder, *arguments, given=given)
    if done.returncode:
        raise Refused(done.stderr.decode(errors="replace").strip())
    return done.stdout


def attempt(folder: Path, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[bytes]":
    """Run git in a folder, whatever its exit status says."""
    command = ["git", "-C", str(folder), "--no-optional-locks", "-c", "core.quotePath=false", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return interruption.run(command, given=given.encode(errors="surrogateescape"), env=_environment(), **pipes)


def is_installed() -> bool:
    """Ask whether there is a git to run."""
    return shutil.which("git") is not None


def list_files(root: Path) -> frozenset[str] | None:
    """List what git tracks in a folder, and what is new there and not ignored. None where it is under no git."""
    # A folder that a repository around it ignores as a whole is none of that one's.
    return frozenset(_list(root, *LIST_FILES)) or None


def list_ignored(root: Path, *paths: str) -> list[str]:
    """List the files below some paths that git ignores."""
    return sorted(_list(root, *LIST_IGNORED, "--", *paths))


def _list(root: Path, *arguments: str) -> list[str]:
    try:
        return [path for path in run(root, *arguments).split("\0") if path] if is_installed() else []
    except Refused:
        return []


def _environment() -> dict[str, str]:
    """Leave out variables such as GIT_DIR, which are about the repository that somebody, a hook say, is at work in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
