"""Contracts of a folder, or of a git revision, each loaded by a process of its own."""

import io
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import msgspec

from extraction.compat import lock
from extraction.compat.description import Description
from extraction.processes import git, installation, runner, vendored
from extraction.processes.errors import InvalidArgument, Refused
from extraction.processes.runner import HOME
from extraction.reading.layout import LAYERS


def describe_folder(root: Path) -> Description:
    """Describe what the contract files of a folder declare. Raises `Refused` where they do not load."""
    runtime = vendored.runtime_path(root) or installation.import_path()
    said = runner.ask(
        HOME,
        f"the contracts in {root} cannot be loaded",
        *("-m", "extraction.compat.describe", str(root)),
        settings={"PYTHONPATH": os.pathsep.join([str(HOME), str(runtime)])},
        python=sys.executable,
    )
    return msgspec.json.decode(said, type=Description)


def describe_revision(root: Path, revision: str) -> Description:
    """Describe what the contract files of a git revision declared. Raises `InvalidArgument` where git knows none."""
    try:
        commit = git.run(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()
        # A tree has the runtime, with the contract language in it, where that is not installed.
        places = (LAYERS["seamline"], vendored.FOLDER)
        runtime = [place for place in places if git.run(root, "ls-tree", commit, place)]
        archive = git.run_binary(root, "archive", "--format=zip", commit, LAYERS["contracts"], *runtime)
    except Refused as refused:
        raise InvalidArgument(str(refused).removeprefix("fatal: ")) from None
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        return lock.keep_drafts(describe_folder(Path(folder)), lock.read(Path(folder)))
