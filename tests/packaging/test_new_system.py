"""`extraction new`: a system of one's own from the tool alone, which runs, is tested, grows and comes apart."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extraction.cli import main
from extraction.cli import new as command
from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project
from extraction.writing import new_system, written_record
from extraction.writing.new_system import System
from tests.packaging import wheels
from tests.packaging.making import serving
from tests.processes import REPOSITORY
from tests.tools import require_tool

SHOP = {*Project.at(REPOSITORY).folders, "sku", "coupon", "points", "shop", "seam", "customer"} - {"users"}
EXAMPLE = REPOSITORY / ".env.example"
NOT_THE_SHOP = re.compile(r"in order|order to|the (?:same )?order|Seam's|users' ", re.IGNORECASE)
"""Words of English that a module of the shop is called by too."""


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every file of a system that is no wheel, by path."""
    files = new_system.plan_files(System("acme", "mit"))
    return {file.path: file.content.decode() for file in files if not file.path.endswith(".whl")}


def new(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["new", *map(str, arguments)])


def test_it_has_not_a_word_of_the_shop(texts: dict[str, str]) -> None:
    words = re.compile(rf"\b(?:{'|'.join(sorted(SHOP))})\b", re.IGNORECASE)
    lines = [f"{path}: {line}" for path, text in texts.items() for line in text.splitlines()]
    assert [line for line in lines if words.search(NOT_THE_SHOP.sub("", line))] == []


def test_no_page_leads_to_one_that_is_not_there(texts: dict[str, str]) -> None:
    named = {page for text in texts.values() for page in re.findall(r"docs/[\w-]+\.md", text)}
    assert named == {path for path in texts if path.startswith("docs/")}


def test_every_requirement_is_pinned_with_its_hash_and_from_no_address(texts: dict[str, str]) -> None:
    for stem in ("base", "local", "dev"):
        lock = texts[f"requirements/{stem}.txt"]
        pins = re.findall(r"(?m)^([\w.-]+)==\S+[^\n]*\\\n +--hash=sha256:", lock)
        assert len(pins) == len(re.findall(r"(?m)^\w", lock))
        assert "://" not in lock
        assert ("seamline" in pins, "seamline-extraction" in pins) == (True, stem == "dev")


def test_what_another_python_needs_in_another_version_is_pinned_in_both(texts: dict[str, str]) -> None:
    ours = (REPOSITORY / "requirements/dev.txt").read_text()
    versions = re.compile(r"(?m)^networkx==\S+ ;.+$")
    assert versions.findall(texts["requirements/dev.txt"]) == versions.findall(ours) != []


def test_the_example_names_every_setting_but_those_of_other_modules(texts: dict[str, str]) -> None:
    named, ours = (set(re.findall(r"(?m)^#([A-Z_]+)=", text)) for text in (texts[".env.example"], EXAMPLE.read_text()))
    theirs = tuple(f"{module.upper()}_" for module in Project.at(REPOSITORY).folders)
    own = {"MEMBERS_ACCESS_MINUTES", "MEMBERS_REFRESH_DAYS", "NOTES_URL", "NOTES_DATABASE_URL"}
    assert named == {name for name in ours if not name.startswith(theirs)} | own


@pytest.mark.parametrize(
    ("licence", "begins"), [("mit", "MIT License"), ("apache-2.0", "Apache License"), ("none", None)]
)
def test_it_has_the_licence_that_was_chosen(licence: str, begins: str | None) -> None:
    planned = new_system.plan_files(System("acme", licence))
    files = {file.path: file.content for file in planned}
    assert ("LICENSE" in files, b"## Licence" in files["README.md"]) == (bool(begins), bool(begins))
    assert not begins or files["LICENSE"].decode().strip().startswith(begins)


@pytest.mark.parametrize(
    ("name", "says"),
    {
        "Acme!": "lower-case words",
        "1st": "lower-case words",
        "acme_": "lower-case words",
        "class": "a keyword of Python",
        "json": "a Python package of that name",
        "django": "a Python package of that name",
        "seamline": "a Python package of that name",
        "something-about-many-things": "24 characters at most",
    }.items(),
)
def test_a_name_that_will_not_do_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=says):
        new_system.check_name(name)
    done = new(tmp_path / "system", "--name", name)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/mine.txt").write_text("mine")
    (tmp_path / "file").touch()
    assert "is not empty, and was left as it is" in new(tmp_path / "acme").output
    assert "is not a folder" in new(tmp_path / "file").output
    assert "make it first (mkdir -p" in new(tmp_path / "away/acme").output
    assert new(tmp_path / "acme").exit_code == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["acme", "file", "mine.txt"]


def test_what_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", fail)
    done = new(tmp_path / "acme")
    assert done.exit_code == 1
    assert "No space left on device; make room there" in done.output
    assert list(tmp_path.iterdir()) == []


def test_help_has_an_example() -> None:
    assert "Example: python -m extraction new ../acme --licence mit" in CliRunner().invoke(main, ["new", "-h"]).output


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tool, installed where there is neither this repository nor the runtime."""
    folder = tmp_path_factory.mktemp("tool")
    yield wheels.install([wheels.build("extraction", folder)], folder / "venv").with_name("extraction")
    shutil.rmtree(folder)


def test_the_installed_tool_writes_the_same(tool: Path, tmp_path: Path) -> None:
    said = wheels.run([tool, "new", "acme", "--licence", "mit"], tmp_path)
    assert "acme is in acme: " in said
    assert "one commit on main" in said
    record = written_record.read(tmp_path / "acme")
    assert record.manifest.command == command.COMMAND
    assert record.manifest.options == {"name": "acme", "licence": "mit"}
    expected = {file.path: file.content for file in new_system.plan_files(System("acme", "mit"))}
    written = {path: (tmp_path / "acme" / path).read_bytes() for path in expected}
    assert [path for path in expected if written[path] != expected[path]] == []
    assert wheels.run(["git", "status", "--porcelain"], tmp_path / "acme") == ""


@pytest.mark.nightly
def test_a_module_of_ones_own_is_served_and_extracted(tool: Path, tmp_path: Path) -> None:
    require_tool("make")
    system, service = tmp_path / "acme", tmp_path / "greetings-service"
    wheels.run([tool, "new", "acme"], tmp_path)
    assert " passed" in wheels.run(["make", "test"], system)  # its own pip installs, from vendor/ and an index

    own = system / ".venv/bin/extraction"
    wheels.run([own, "startmodule", "greetings"], system)
    assert " passed" in wheels.run(["make", "test", "ARGS=src/modules/greetings"], system)
    with serving(system) as client:
        grace = client.log_in("grace@example.com", "demo-password")
        added = grace.post("/greetings", {"title": "Good morning"}).expect(201)
        assert client.get(f"/greetings/{added['id']}").expect(200) == added
        assert client.page("/api/docs").status == 200

    wheels.run([own, "extract", "greetings", "--into", "../greetings-service"], system)
    for module in ("notes", "members"):
        wheels.run([own, "extract", module, "--into", f"../{module}-service", "--no-verify"], system)
    venv = f"VENV={system / '.venv'}"
    assert " passed" in wheels.run(["make", "test", venv], service)
    with serving(service, venv) as client:
        assert client.get("/greetings").expect(200)["results"]

    for place in ("src/modules/notes", "contracts/notes.py", "contracts/lock/notes.json"):
        gone = system / place
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert " passed" in wheels.run(["make", "test"], system)
