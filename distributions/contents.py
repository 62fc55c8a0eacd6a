"""What hatchling asks when it builds one of the wheels: its version, and its files.

Equal versions are equal bytes. The version of a revision that is not released has a digest behind it of all that the
wheel is made of, and nothing else goes in: no time, no order and no mode that a folder happens to have.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilder

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from extraction.writing import shared_files  # noqa: E402  found only now

VERSION = re.compile(r'(?m)^__version__ = "(.+)"$')
VERSION_FILE = "src/seamline/__init__.py"
"""Where the version is written, of both: they are released together."""
DIGEST_LENGTH = 12
WHEELS = "extraction/wheels"
"""Where the tool has the runtime's wheel."""
SHARED = f"extraction/{shared_files.CARRIED}"
"""Where it has the files that are the same in every deployable."""


class Distribution(NamedTuple):
    """A package of this repository that is distributed by itself."""

    package: str
    folder: str
    """Where its code is."""

    @property
    def project(self) -> Path:
        """The folder with its metadata."""
        return HERE / self.package

    def files(self) -> dict[str, Path]:
        """Map the place in the wheel of each file of the package to the file."""
        prefix = f"{self.folder}/"
        return {f"{self.package}/{path.removeprefix(prefix)}": ROOT / path for path in sorted(list_files(self.folder))}

    def version(self) -> str:
        """Say which version this is: as it is written where that is released, else with a digest behind it."""
        self._refuse_other_builder()
        written = written_version()
        return written if is_released(f"v{written}", self._inputs()) else f"{written}+g{self._digest()}"

    def build(self, folder: Path) -> Path:
        """Build the wheel into a folder."""
        [built] = WheelBuilder(str(self.project)).build(directory=str(folder), versions=["standard"])
        return Path(built)

    def _inputs(self) -> list[str]:
        own = (self.folder, f"distributions/{self.package}", "distributions/contents.py", "LICENSE")
        return [*own, *([*SEAMLINE._inputs(), *shared_files.list_paths(ROOT)] if self is EXTRACTION else [])]

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted({path for place in self._inputs() for path in list_files(place)}):
            content = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
            digest.update(f"{path}\0{content}\0{is_executable(ROOT / path)}\n".encode())
        return digest.hexdigest()[:DIGEST_LENGTH]

    def _refuse_other_builder(self) -> None:
        """Another version of hatchling would write other bytes under the same version."""
        [wanted] = tomllib.loads((self.project / "pyproject.toml").read_text())["build-system"]["requires"]
        if wanted != (found := f"hatchling=={metadata.version('hatchling')}"):
            raise SystemExit(f"error: {wanted} builds this, and {found} is installed: pip install {wanted}")


SEAMLINE = Distribution("seamline", "src/seamline")
EXTRACTION = Distribution("extraction", "extraction")
BY_NAME = {"seamline": SEAMLINE, "seamline-extraction": EXTRACTION}


class Contents(BuildHookInterface[Any]):
    """Names the files of a wheel, for hatchling to put in."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # Else the time of every file, which no version would tell.
        os.environ.pop("SOURCE_DATE_EPOCH", None)
        distribution = BY_NAME[self.metadata.name]
        self._made = tempfile.TemporaryDirectory()
        files = distribution.files()
        if distribution is SEAMLINE:
            files["seamline/__init__.py"] = self._versioned()
        else:
            runtime = SEAMLINE.build(Path(self._made.name))
            files[f"{WHEELS}/{runtime.name}"] = runtime
            files |= {f"{SHARED}/{path}": ROOT / path for path in shared_files.list_paths(ROOT)}
        build_data["force_include"].update({str(file): place for place, file in files.items()})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._made.cleanup()

    def _versioned(self) -> Path:
        """Write the file that says the version, with the whole of it."""
        made = Path(self._made.name) / "__init__.py"
        made.write_text(VERSION.sub(f'__version__ = "{self.metadata.version}"', (ROOT / VERSION_FILE).read_text()))
        return made


def written_version() -> str:
    """Read the version that the next release will have, or this one has."""
    if found := VERSION.search((ROOT / VERSION_FILE).read_text()):
        return found[1]
    raise SystemExit(f'error: {VERSION_FILE} has no line such as __version__ = "1.0.0"')


def is_released(tag: str, paths: list[str]) -> bool:
    """Whether all that is in these paths is what was tagged."""
    if git("rev-parse", "--show-prefix") != "\n":
        return False  # the tag is of a repository around this one
    unchanged = git("diff", "--quiet", "--no-ext-diff", tag, "--", *paths) is not None
    return unchanged and git("ls-files", "--others", "--exclude-standard", "--", *paths) == ""


def list_files(place: str) -> Iterator[str]:
    """List the files at or below a path: those that git knows, and new ones that it does not ignore."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", place)
    paths = listed.split("\0") if listed else map(str, _walk(place))
    return (path for path in paths if path and (ROOT / path).is_file())


def _walk(place: str) -> Iterator[Path]:
    """The same where there is no git, as in an archive."""
    start = ROOT / place
    found = start.rglob("*") if start.is_dir() else iter([start])
    return (path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts)


def is_executable(path: Path) -> bool:
    """Whether its owner may run a file, which is all of its mode that a wheel keeps."""
    return os.access(path, os.X_OK)


def git(*arguments: str) -> str | None:
    """Ask git about this repository, whatever another one's hook has set; None where it fails or is not there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(ROOT), "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, env=kept, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
