"""Contracts of a folder, or of a git revision, each loaded by a process of its own."""

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import msgspec

from extraction import installation, interruption, verification
from extraction.compat.description import Description
from extraction.refusals import Refusal

HOME = Path(__file__).parents[2]
"""Where this package is found by its name."""
RUNTIME = "src/seamline"
"""Where a tree has the runtime, with the contract language in it, that is not installed there."""


class Unloadable(Refusal):
    """A tree's contracts cannot be loaded; the message has what was said of it."""


class UnknownRevision(Exception):
    """Git knows no such revision here, or it has no contracts."""


def described(root: Path) -> Description:
    """What the contract files of a folder declare. Raises `Unloadable`."""
    environment = {name: os.environ[name] for name in verification.KEPT if name in os.environ}
    try:
        done = interruption.run(
            [sys.executable, "-m", "extraction.compat.describe", str(root)],
            verification.PATIENCE,
            cwd=HOME,
            env=environment
            | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join([str(HOME), installation.import_path()])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except subprocess.TimeoutExpired as late:
        what = f"do not load within {late.timeout:g} seconds"
        raise Unloadable(f"the contracts in {root} {what}: import them, and see what they wait for") from None
    if done.returncode:
        said = done.stderr.strip()
        raise Unloadable(f"the contracts in {root} cannot be loaded: {said.splitlines()[-1] if said else 'no reason'}")
    return msgspec.json.decode(done.stdout, type=Description)


def at_revision(root: Path, revision: str) -> Description:
    """What the contract files of a git revision declared. Raises `UnknownRevision` and `Unloadable`."""
    commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    runtime = [RUNTIME] if _git(root, "ls-tree", commit, RUNTIME) else []
    archive = _git(root, "archive", "--format=zip", commit, "contracts", *runtime)
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        return described(Path(folder))


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise UnknownRevision(done.stderr.decode(errors="replace").strip().removeprefix("fatal: "))
    return done.stdout
