"""The distributions of this repository: built, opened, and installed where nothing else is."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from extraction.processes import git
from extraction.writing import shared_files
from tests.processes import REPOSITORY

PACKAGES = {"seamline": "src/seamline", "extraction": "extraction"}
"""Where the code of each is."""
INPUTS = (
    *("distributions", "extraction", "src/seamline", "LICENSE"),
    *(*shared_files.FILES, *shared_files.FOLDERS),
)
PATIENCE = 120


def build(package: str, into: Path, root: Path = REPOSITORY, **settings: str) -> Path:
    """Build the wheel of a package into a folder, as `make dist` does."""
    hatchling(package, root, "build", "--target", "wheel", "--directory", str(into), **settings)
    [built] = into.glob(f"{'seamline' if package == 'seamline' else 'seamline_extraction'}-*.whl")
    return built


def version(package: str, root: Path) -> str:
    """Ask which version would be built."""
    return hatchling(package, root, "version").strip()


def hatchling(package: str, root: Path, *arguments: str, **settings: str) -> str:
    command = [sys.executable, "-m", "hatchling", *arguments]
    return run(command, root / "distributions" / package, PYTHONDONTWRITEBYTECODE="1", **settings)


def run(command: Sequence[str | Path], folder: Path, status: int = 0, **settings: str) -> str:
    """Run a command with nothing of our environment but where programs are; return what it said."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(command, cwd=folder, env=kept | settings, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def tracked(folder: str) -> set[str]:
    """List the files of a folder that belong to the repository."""
    listed = git.list_files(REPOSITORY)
    assert listed is not None
    return {path for path in listed if f"{path}/".startswith(f"{folder}/") and (REPOSITORY / path).is_file()}


def copy_inputs(folder: Path) -> Path:
    """Copy what the wheels are made of, in another order, with times and modes of its own, and without git."""
    for path in sorted({path for place in INPUTS for path in tracked(place)}, reverse=True):
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / path, copy, follow_symlinks=False)
        if not copy.is_symlink():
            copy.chmod(0o700 if os.access(REPOSITORY / path, os.X_OK) else 0o600)
    return folder


def names(wheel: Path) -> set[str]:
    """List the files in a wheel, without what tells about it."""
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def read(wheel: Path, pattern: str) -> bytes:
    """Read the one file in a wheel whose name fits."""
    with zipfile.ZipFile(wheel) as opened:
        [name] = [name for name in opened.namelist() if re.fullmatch(pattern, name)]
        return opened.read(name)


def install(wheels: Iterable[Path], folder: Path, *extras: str) -> Path:
    """Install wheels into an environment of their own, with just what they require; return its Python.

    What they require is not fetched: it is linked from the environment that runs the tests.
    """
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--quiet"]
    for wheel in wheels:
        run([*pip, "install", "--no-index", "--no-deps", "--find-links", str(wheel.parent), str(wheel)], folder)
        _link(required(requirements_of(wheel), extras), next(folder.glob("lib/*/site-packages")))
    return python


def requirements_of(wheel: Path) -> list[Requirement]:
    """Read what a wheel requires."""
    text = read(wheel, r"[^/]+\.dist-info/METADATA").decode().partition("\n\n")[0]
    return [Requirement(found) for found in re.findall(r"(?m)^Requires-Dist: (.+)$", text)]


def required(requirements: Iterable[Requirement], extras: Iterable[str] = ()) -> dict[str, metadata.Distribution]:
    """Collect the installed distributions that requirements come to, with all that those require."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [(requirement, frozenset(extras)) for requirement in requirements]
    seen = set()
    while waiting:
        requirement, wanted = waiting.pop()
        key = (str(requirement), wanted)
        if key in seen or not _applies(requirement, wanted):
            continue
        seen.add(key)
        distribution = metadata.distribution(requirement.name)
        found[canonicalize_name(requirement.name)] = distribution
        below = map(Requirement, distribution.requires or ())
        waiting += [(each, frozenset(requirement.extras)) for each in below]
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, ""))


def _link(found: dict[str, metadata.Distribution], folder: Path) -> None:
    for distribution in found.values():
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (folder / top).exists():
                (folder / top).symlink_to(str(distribution.locate_file(top)))
    # A program of its own, which is no Python.
    if "ruff" in found:
        (folder.parents[2] / "bin" / "ruff").symlink_to(Path(sys.executable).with_name("ruff"))
