"""Write a planned service: beside its place, verified there, then renamed, so that it is whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from extraction.processes import interruption, os_errors, runner
from extraction.processes.errors import Refused
from extraction.writing import history, written_record
from extraction.writing.plan import OPENAPI, File, Plan, adapt, is_general
from extraction.writing.runtime_wheel import FOLDER

Verify = Callable[[Path], None]
COMMAND = "extract"
"""What the record of a service says that it was written by."""


def refuse_unless_free(target: Path, root: Path | None = None) -> None:
    """Make sure that a folder can be written to `target`, outside the repository in `root`. Raises `Refused`."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Refused(f"{target} is not a folder: name another")
    if target.is_dir() and any(target.iterdir()):
        raise Refused(f"{target} is not empty, and was left as it is: name another folder, or remove it")
    if root and (target == root or root in target.parents):
        raise Refused(f"{target} is inside {root}: name a folder outside the repository")
    if not target.parent.is_dir():
        raise Refused(f"there is no folder {target.parent}: make it first (mkdir -p {target.parent})")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise Refused(f"{target.parent} may not be written to: name a folder elsewhere")


def write(plan: Plan, target: Path, root: Path, verify: Verify) -> str | None:
    """Write the service from the monolith in `root` to `target`, unless `verify` raises; why it has no git history.

    Whatever goes wrong, nothing of it stays behind. Raises `Refused` where it cannot describe its API.
    """
    with _unfinished(target) as folder:
        with os_errors.naming(target):
            put(folder, plan.files)
        with _lend_wheels(folder, plan):
            described = [_describe(folder)] if plan.has_api else []
        with os_errors.naming(target):
            files = _as_first_written(root, [*plan.files, *described])
            put(folder, written_record.record(files, COMMAND, plan.options))
        without = history.begin(folder, root, plan.module, plan.service, plan.monolith)
        with _lend_wheels(folder, plan):
            verify(folder)
        # Atomic, and refused by the system if somebody put something there meanwhile.
        with os_errors.naming(target):
            folder.rename(target)
    return without


def write_new(
    files: Collection[File], target: Path, command: str, options: Mapping[str, Any], message: str
) -> str | None:
    """Write a folder that comes from nowhere, with its record; say why it has no git history, where it has none."""
    with _unfinished(target) as folder, os_errors.naming(target):
        put(folder, [*files, *written_record.record(files, command, options)])
        without = history.commit(folder, target.parent, message)
        folder.rename(target)
    return without


def put(folder: Path, files: Iterable[File]) -> None:
    """Write files below a folder."""
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.link:
            path.symlink_to(file.link)
            continue
        path.write_bytes(file.content)
        path.chmod(0o755 if file.executable else 0o644)


def _as_first_written(root: Path, files: Iterable[File]) -> list[File]:
    """Take what the monolith changed in files of this tool's for a change of the service's own, which updates keep."""
    if not (root / written_record.MANIFEST).is_file():
        return list(files)
    general = (file for file in written_record.read(root).files if is_general(file.path))
    first = {file.path: file for file in map(adapt, general)}
    return [first.get(file.path, file) for file in files]


def _describe(folder: Path) -> File:
    """Have the service write the description of its API. For that, its configuration and its code are loaded."""
    (folder / OPENAPI).parent.mkdir(exist_ok=True)
    runner.run(folder, "it does not load", "manage.py", "spectacular", "--file", OPENAPI)
    return File(OPENAPI, (folder / OPENAPI).read_bytes())


@contextmanager
def _lend_wheels(folder: Path, plan: Plan) -> Iterator[None]:
    """Have what is run in the folder find the wheels there that an index will have for it later."""
    if not plan.from_index:
        yield
        return
    with os_errors.naming(folder):
        put(folder, (File(wheel.path, wheel.content) for wheel in plan.wheels))
    yield
    shutil.rmtree(folder / FOLDER)


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """Make a folder beside `target`, to be renamed to it. Where that does not come about, nothing stays behind."""
    with os_errors.naming(target):
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        mask = os.umask(0)
        os.umask(mask)
        folder.chmod(0o777 & ~mask)
        yield folder
    finally:
        with interruption.deferred():
            shutil.rmtree(folder, ignore_errors=True)
