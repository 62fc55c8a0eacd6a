"""The wheel of the runtime that belongs to this tool, for a service to have.

A service depends on the runtime and names its version. The wheel goes along in `vendor/`, where pip finds it by
`--find-links vendor`: no index has a revision that is not released, and a machine may reach none.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from functools import cache
from io import BytesIO
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from extraction.processes import installation, vendored
from extraction.processes.errors import Refused
from extraction.reading.dependencies import Wheel

NAME = "seamline"
FOLDER = vendored.FOLDER
"""Where a service has it."""


@dataclass(frozen=True, slots=True)
class RuntimeWheel:
    """A version of the runtime, as one file; or of another distribution that goes along."""

    file_name: str
    content: bytes

    @property
    def path(self) -> str:
        """Where it lies in a service."""
        return f"{FOLDER}/{self.file_name}"

    @property
    def name(self) -> str:
        """Its distribution's name."""
        return str(parse_wheel_filename(self.file_name)[0])

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
        return f"{self.name}{f'[{wanted}]' if wanted else ''}=={self.version}"

    def as_requirement(self, lines: Mapping[str, str]) -> Wheel:
        """Describe it as what a deployable requires, by these lines."""
        return Wheel(self.name, self.pin(), self.requirements, lines)

    def pin(self) -> tuple[str, str]:
        """Write the lines that a lock pins it by, with its hash; what an extra brings has lines of its own there."""
        return f"{self.requirement()} \\", f"    --hash=sha256:{hashlib.sha256(self.content).hexdigest()}"


@cache
def find() -> RuntimeWheel:
    """Read the wheel that an installed tool carries, or build that of the sources. Raises `Refused`."""
    return _read(installation.carried_wheel()) if installation.is_installed() else build(NAME)


def find_for(root: Path) -> RuntimeWheel:
    """Read the wheel that a project has in `vendor/` itself, or `find` that of this tool. Raises `Refused`."""
    wheel = vendored.find_wheel(root)
    return _read(wheel) if wheel else find()


def build(folder: str) -> RuntimeWheel:
    """Build a wheel from the sources, by its folder in `distributions/`. Raises `Refused`."""
    with tempfile.TemporaryDirectory(prefix="extraction.") as into:
        return _read(_build(folder, Path(into)))


def _build(distribution: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(
        command, cwd=installation.HOME / "distributions" / distribution, capture_output=True, text=True
    )
    if done.returncode:
        if "No module named hatchling" in done.stderr:
            raise Refused(installation.how_to_install("hatchling"))
        raise Refused(f"the wheel cannot be built:\n{done.stderr.strip()}")
    [wheel] = folder.glob("*.whl")
    return wheel


def _read(wheel: Path) -> RuntimeWheel:
    return RuntimeWheel(wheel.name, wheel.read_bytes())
