"""What git knows of a folder, whatever is set in the environment of somebody who is at work in another one."""

import os
import shutil
import subprocess
from pathlib import Path

LISTED = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
IGNORED = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard")


def list_files(root: Path) -> frozenset[str] | None:
    """List what git tracks in a folder, and what is new there and not ignored. None where it is under no git."""
    # A folder that a repository around it ignores as a whole is none of that one's.
    return frozenset(_list(root, *LISTED)) or None


def list_ignored(root: Path, *paths: str) -> list[str]:
    """List the files below some paths that git ignores."""
    return sorted(_list(root, *IGNORED, "--", *paths))


def environment() -> dict[str, str]:
    """Leave out variables such as GIT_DIR, which are about the repository that somebody, a hook say, is at work in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _list(root: Path, *arguments: str) -> list[str]:
    if not shutil.which("git"):
        return []
    command = ["git", "-C", str(root), "--no-optional-locks", *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, errors="surrogateescape")
    return [path for path in done.stdout.split("\0") if path] if done.returncode == 0 else []
