"""The runtime that a folder has as a wheel in `vendor/`: opened once, for whoever reads or runs what is in the folder.

A wheel is no place to run from: Django finds no template in it. So its files are put beside each other in a temporary
folder, which goes when this process ends.
"""

import tempfile
import zipfile
from functools import cache
from pathlib import Path

from extraction.processes.errors import Refused

FOLDER = "vendor"
"""Where a deployable has the wheels that no index need have."""
RUNTIME = "seamline"
SOURCES = f"src/{RUNTIME}"
"""Where a repository has the runtime that it develops itself."""
_opened: list[tempfile.TemporaryDirectory[str]] = []


def find_wheel(root: Path, distribution: str = RUNTIME) -> Path | None:
    """Find the wheel of a distribution in `vendor/`: of several, the one that a lock pins. Raises `Refused`."""
    found = sorted((root / FOLDER).glob(f"{distribution.replace('-', '_')}-[0-9]*.whl"))
    if len(found) > 1:
        pinned = "".join(path.read_text() for path in sorted((root / "requirements").glob("*.txt")))
        found = [wheel for wheel in found if f"{distribution}=={wheel.name.split('-')[1]} " in pinned]
        if len(found) != 1:
            raise Refused(f"{root / FOLDER} has several wheels of {distribution}: leave the one that is required")
    return found[0] if found else None


def runtime_path(root: Path) -> Path | None:
    """Find the folder from which a project imports the runtime that is vendored or developed there.

    None where it is only installed. Raises `Refused` where the wheel cannot be opened.
    """
    wheel = find_wheel(root)
    if wheel:
        return _open(wheel, wheel.stat().st_mtime_ns)
    return root / "src" if (root / SOURCES).is_dir() else None


def runtime_folder(root: Path) -> Path | None:
    """Find the package of the runtime that a project uses: vendored, developed there, or installed in its `.venv`."""
    path = runtime_path(root)
    if path:
        return path / RUNTIME
    installed = sorted((root / ".venv").glob(f"lib/python*/site-packages/{RUNTIME}/__init__.py"))
    return installed[0].parent if installed else None


@cache
def _open(wheel: Path, _: int) -> Path:
    folder = tempfile.TemporaryDirectory(prefix="runtime.", ignore_cleanup_errors=True)
    _opened.append(folder)
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder.name)
    except zipfile.BadZipFile as error:
        raise Refused(f"{wheel} is no wheel ({error}): have git bring it back") from None
    return Path(folder.name)
