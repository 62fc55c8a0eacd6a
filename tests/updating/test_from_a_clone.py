"""From a fresh clone on: two versions of the tool, a system and a service of one, changed on both sides, and updated."""

import hashlib
import re
import sys
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


def install(built: list[Path], folder: Path) -> Path:
    """Install the tool with the runtime, as a command."""
    runtime, tool = sorted(built, key=lambda wheel: "extraction" in wheel.name)
    return wheels.install([runtime, tool], folder, "binary", "celery", "postgres", "runtime").with_name("extraction")


def change(place: Path, old: str, new: str) -> None:
    text = place.read_text()
    assert old in text, f"{place} has no {old}"
    place.write_text(text.replace(old, new, 1))


def test_an_edit_on_both_sides_outlives_an_update(tmp_path: Path) -> None:
    require_tool("make")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(REPOSITORY), str(clone))
    version = clone / "src/seamline/__init__.py"
    version.write_text(re.sub(r"(?m)^__version__ = .*$", '__version__ = "0.8.0.dev0"', version.read_text()))
    change(clone / "deployable.mk", NEW, OLD)
    older = install(make_dist(clone), tmp_path / "older")
    git(clone, "checkout", "--quiet", "--", ".")
    change(clone / "CHANGELOG.md", "## Unreleased\n", UPGRADE)
    newer = install(make_dist(clone), tmp_path / "newer")

    system, service = tmp_path / "acme", tmp_path / "gift-cards-service"
    wheels.run([older, "new", "acme"], tmp_path)
    wheels.run([older, "startmodule", "gift_cards"], system)
    commit(system)
    wheels.run([older, "extract", "gift_cards", "--into", str(service), "--no-verify"], system)
    makefiles = [system / "deployable.mk", service / "Makefile"]
    for makefile in makefiles:
        assert OLD in makefile.read_text()
        makefile.write_text(makefile.read_text() + MINE)
        commit(makefile.parent)
    modules = [folder / "src/modules/gift_cards" for folder in (system, service)]
    before = [{path: path.read_bytes() for path in module.rglob("*.py")} for module in modules]

    assert "0.8.0.dev0" in wheels.run([newer, "outdated", system, service], tmp_path, 1), "a fix of security is lacking"
    for makefile in makefiles:
        said = wheels.run([newer, "update", str(makefile.parent)], tmp_path)
        assert "Set `ONE_THING` before it starts." in said
        assert NEW in makefile.read_text()
        assert makefile.read_text().endswith(MINE)
        commit(makefile.parent)
    assert [{path: path.read_bytes() for path in module.rglob("*.py")} for module in modules] == before
    assert wheels.run([newer, "outdated", system, service], tmp_path).count(" nothing\n") == 2

    own = [wheel.name for wheel in (service / "vendor").iterdir()]
    assert not [name for name in own if "0.8.0" in name]
    assert " passed" in wheels.run(["make", "test"], service)  # its own pip installs, from vendor/ and an index
    assert "mine" in wheels.run(["make", "of-mine"], service)
