"""From a fresh clone on: two versions of the tool, a system and a service, changed on both sides, and updated."""

import hashlib
import re
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging import wheels
from tests.processes import REPOSITORY
from tests.tools import require_tool
from tests.updating.aged import commit, git

UPGRADE = "## Unreleased\n\n### Upgrade\n\n- Set `ONE_THING` before it starts.\n"
MINE = "\nof-mine:  ## what a team added\n\t@echo mine\n"
OLD, NEW = "# What can be done with it.", "# What can be done with a deployable."
pytestmark = pytest.mark.long


def make_dist(clone: Path) -> list[Path]:
    """Run `make dist`, in what it takes for a virtual environment with the clone's requirements: ours."""
    venv = clone.parent / "venv"
    if not venv.exists():
        venv.mkdir()
        for part in Path(sys.prefix).iterdir():
            (venv / part.name).symlink_to(part)
        digest = hashlib.sha256((clone / "requirements/dev.txt").read_bytes()).hexdigest()
        (venv / f".dev-{digest}").touch()
        (venv / ".made").touch()
    wheels.run(["make", "dist", f"VENV={venv}"], clone)
    return sorted((clone / "dist").glob("*.whl"))


class Tool:
    """The tool as a wheel has it, beside all that it requires."""

    def __init__(self, built: list[Path], folder: Path) -> None:
        [wheel] = [wheel for wheel in built if "extraction" in wheel.name]
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(folder)
        self._folder = folder

    def run(self, folder: Path, *arguments: str | Path, status: int = 0) -> str:
        command = [sys.executable, "-m", "extraction", *arguments]
        return wheels.run(command, folder, status, PYTHONPATH=str(self._folder))


def change(place: Path, old: str, new: str) -> None:
    text = place.read_text()
    assert old in text, f"{place} has no {old}"
    place.write_text(text.replace(old, new, 1))


@pytest.mark.nightly
def test_an_edit_on_both_sides_outlives_an_update(tmp_path: Path) -> None:
    require_tool("make")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(REPOSITORY), str(clone))
    version = clone / "src/seamline/__init__.py"
    version.write_text(re.sub(r"(?m)^__version__ = .*$", '__version__ = "0.8.0.dev0"', version.read_text()))
    change(clone / "deployable.mk", NEW, OLD)
    older = Tool(make_dist(clone), tmp_path / "older")
    git(clone, "checkout", "--quiet", "--", ".")
    change(clone / "CHANGELOG.md", "## Unreleased\n", UPGRADE)
    newer = Tool(make_dist(clone), tmp_path / "newer")

    system, service = tmp_path / "acme", tmp_path / "gift-cards-service"
    older.run(tmp_path, "new", "acme")
    older.run(system, "startmodule", "gift_cards")
    commit(system)
    older.run(system, "extract", "gift_cards", "--into", service, "--no-verify")
    makefiles = [system / "deployable.mk", service / "Makefile"]
    for makefile in makefiles:
        assert OLD in makefile.read_text()
        makefile.write_text(makefile.read_text() + MINE)
        commit(makefile.parent)
    modules = [folder / "src/modules/gift_cards" for folder in (system, service)]
    before = [{path: path.read_bytes() for path in module.rglob("*.py")} for module in modules]

    assert "0.8.0.dev0" in newer.run(tmp_path, "outdated", system, service, status=1), "a fix of security is lacking"
    for makefile in makefiles:
        said = newer.run(tmp_path, "update", makefile.parent)
        assert "Set `ONE_THING` before it starts." in said
        assert NEW in makefile.read_text()
        assert makefile.read_text().endswith(MINE)
        commit(makefile.parent)
    assert [{path: path.read_bytes() for path in module.rglob("*.py")} for module in modules] == before
    assert newer.run(tmp_path, "outdated", system, service).count(" nothing\n") == 2

    own = [wheel.name for wheel in (service / "vendor").iterdir()]
    assert not [name for name in own if "0.8.0" in name]
    assert " passed" in wheels.run(["make", "test"], service)  # its own pip installs, from vendor/ and an index
    assert "mine" in wheels.run(["make", "of-mine"], service)
