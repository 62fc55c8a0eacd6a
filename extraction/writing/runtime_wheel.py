"""The wheel of the runtime that belongs to this tool, for a service to have.

A service depends on the runtime and names its version. The wheel goes along in `vendor/`, where pip finds it by
`--find-links vendor`: no index has a revision that is not released, and a machine may reach none.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from functools import cache
from io import BytesIO
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from extraction.processes import installation
from extraction.processes.errors import Refused

NAME = "seamline"
FOLDER = "vendor"
"""Where a service has it."""


@dataclass(frozen=True, slots=True)
class RuntimeWheel:
    """A version of the runtime, as one file."""

    file_name: str
    content: bytes

    @property
    def path(self) -> str:
        """Where it lies in a service."""
        return f"{FOLDER}/{self.file_name}"

    @property
    def version(self) -> str:
        """Its version, which no other content has."""
        return str(parse_wheel_filename(self.file_name)[1])

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What it requires itself, in ranges; that of an extra with a marker."""
        with zipfile.ZipFile(BytesIO(self.content)) as opened:
            [name] = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
            told = message_from_bytes(opened.read(name))
        return tuple(map(Requirement, told.get_all("Requires-Dist", [])))

    def requirement(self, extras: Iterable[str] = ()) -> str:
        """Write the line that a `.in` file names it by: `seamline[celery]==0.9.0`."""
        wanted = ",".join(sorted(extras))
        return f"{NAME}{f'[{wanted}]' if wanted else ''}=={self.version}"

    def pin(self) -> tuple[str, str]:
        """Write the lines that a lock pins it by, with its hash; what an extra brings has lines of its own there."""
        return f"{self.requirement()} \\", f"    --hash=sha256:{hashlib.sha256(self.content).hexdigest()}"


@cache
def find() -> RuntimeWheel:
    """Read the wheel that an installed tool carries, or build that of the sources. Raises `Refused`."""
    if installation.is_installed():
        return _read(installation.carried_wheel())
    with tempfile.TemporaryDirectory(prefix="extraction.") as folder:
        return _read(_build(Path(folder)))


def _build(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=installation.HOME / "distributions" / NAME, capture_output=True, text=True)
    if done.returncode:
        if "No module named hatchling" in done.stderr:
            raise Refused(installation.how_to_install("hatchling"))
        raise Refused(f"the runtime's wheel cannot be built:\n{done.stderr.strip()}")
    [wheel] = folder.glob("*.whl")
    return wheel


def _read(wheel: Path) -> RuntimeWheel:
    return RuntimeWheel(wheel.name, wheel.read_bytes())
