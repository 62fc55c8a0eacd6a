"""What an older version wrote becomes what this one writes, with what was changed there meanwhile."""

import json
import os
import re
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extraction.cli import main
from extraction.reading.layout import IDENTITY
from extraction.reading.project import Project
from extraction.updating import journal
from extraction.writing import new_system, plan, runtime_wheel, shared_files, tool_wheel, writer, written_record
from extraction.writing.new_system import System
from extraction.writing.plan import OPENAPI, File
from tests.processes import REPOSITORY
from tests.updating import aged
from tests.updating.aged import Files, commit, git, with_text

CHANGELOG = """
## Unreleased
### Upgrade
- Set `ONE`, before it
  starts.
### Security
- Nobody reads it.
## 0.1.0 - 2026-01-01
### Upgrade
- Long done.
"""
MODULE = "inventory"
SERVICE = "src/modules/inventory/service.py"
OWN_PIN = f"qrcode==8.0 \\\n    --hash=sha256:{'0' * 64}\n    # via -r requirements/base.in\n"


def make_older(files: Files) -> None:
    """Change what this version writes into what an older one may have written."""
    with_text(files, "Makefile", r"^# What can be done with a deployable\.", "# What could be done.")
    with_text(files, OPENAPI, r"^openapi: .*", "openapi: 3.0.0")
    files["manage.py"] = replace(files["manage.py"], executable=False)
    del files["deploy/kubernetes/autoscaler.yaml"]
    files["deploy/kubernetes/old.yaml"] = File("deploy/kubernetes/old.yaml", b"not: written any more\n")
    for wheel in (runtime_wheel.find(), tool_wheel.find()):
        name = wheel.path.replace(wheel.version, aged.VERSION)
        files[name] = replace(files.pop(wheel.path), path=name, content=b"an older wheel")
        for path in [path for path in files if path.startswith("requirements/")]:
            text = files[path].content.decode().replace(wheel.version, aged.VERSION)
            files[path] = replace(files[path], content=text.encode())
    for stem in ("base", "local", "dev"):
        with_text(files, f"requirements/{stem}.txt", r"^structlog==\S+", "structlog==25.0.0")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service as this version writes it."""
    target = tmp_path_factory.mktemp("fresh") / "service"
    writer.write(plan.plan(Project.at(REPOSITORY), MODULE), target, REPOSITORY, lambda folder: None)
    return target


@pytest.fixture(scope="module")
def older(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service as an older version wrote it."""
    return aged.age(fresh, tmp_path_factory.mktemp("older") / "service", make_older)


@pytest.fixture
def described(older: Path, tmp_path: Path) -> Path:
    """One to change, and to update."""
    return aged.copy(older, tmp_path / "service")


@pytest.fixture
def service(described: Path) -> Path:
    """The same, of which nobody wants the description of its API: that takes its time."""
    (described / OPENAPI).unlink()
    commit(described)
    return described


def update(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["update", str(folder), *options])


def state(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    found = {path.relative_to(folder).as_posix(): journal.describe(path) for path in paths}
    return {path: about for path, about in found.items() if not path.startswith(".git/")}


def test_what_nobody_touched_is_what_would_be_written_today(
    described: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = described
    monkeypatch.setattr(shared_files, "read_changelog", lambda: CHANGELOG)
    said = update(service)
    assert said.exit_code == 0, said.output
    assert state(service) == state(fresh)
    assert f"from {aged.VERSION} to {runtime_wheel.find().version}" in said.output
    assert "To do by hand:\n  - Unreleased: Set `ONE`, before it starts." in said.output
    assert "Security:\n  - Unreleased: Nobody reads it." in said.output
    assert "Long done" not in said.output
    commit(service)
    assert "writes already" in update(service).output
    assert git(service, "status", "--porcelain") == ""


def test_what_the_release_before_wrote_is_what_would_be_written_today(fresh: Path, tmp_path: Path) -> None:
    [kept] = (REPOSITORY / "tests/versions").glob("*.tar.xz")
    with tarfile.open(kept) as archive:
        archive.extractall(tmp_path, filter="data")
    service = tmp_path / f"{MODULE}-service"
    git(service, "init", "--quiet", "--initial-branch=main")
    commit(service)
    said = update(service)
    assert said.exit_code == 0, said.output
    was, now = state(service), state(fresh)
    # The module and its contracts may have gone on in this repository, where an update has no part in it.
    own = ("src/modules/", "contracts/", ".seamline/", OPENAPI, IDENTITY)
    # What the release before did not ask of a monolith, its record cannot tell: the licence of the API.
    assert re.sub('LICENSE = ".*"', 'LICENSE = ""', (fresh / IDENTITY).read_text()) == (service / IDENTITY).read_text()
    assert {path for path in {*was, *now} if was.get(path) != now.get(path) and not path.startswith(own)} == set()


def test_what_was_changed_there_stays(service: Path, fresh: Path) -> None:
    added = {"Makefile": "\nmine:\n\ttrue\n", SERVICE: "\n# mine\n", "requirements/base.in": "qrcode\n"}
    for path, text in added.items():
        (service / path).write_text((service / path).read_text() + text)
    for stem in ("base", "local", "dev"):
        lock = service / f"requirements/{stem}.txt"
        before, found, after = lock.read_text().partition("\nseamline==")
        lock.write_text(f"{before}\n{OWN_PIN[:-1]}{found}{after}".replace("structlog==25.0.0", "structlog==99.0"))
    (service / ".editorconfig").unlink()
    (service / "contracts/inventory.py").write_text((service / "contracts/inventory.py").read_text() + "\n# grown\n")
    commit(service)
    said = update(service)
    assert said.exit_code == 0, said.output
    assert (service / "Makefile").read_text() == (fresh / "Makefile").read_text() + "\nmine:\n\ttrue\n"
    assert not (service / ".editorconfig").exists()
    assert not (service / "deploy/kubernetes/old.yaml").exists()
    changed = set(git(service, "diff", "--name-only").split())
    assert not {path for path in changed if path.startswith(("src/modules/", "contracts/"))}
    for stem in ("base", "local", "dev"):
        lock = (service / f"requirements/{stem}.txt").read_text()
        assert OWN_PIN in lock, "what the service requires by itself stays pinned"
        assert "structlog==99.0" in lock, "no pin goes back to an earlier version"
        assert "<<<<" not in lock
        assert f"seamline=={runtime_wheel.find().version}" in lock
    assert "qrcode" in (service / "requirements/base.in").read_text()
    renewed, base = written_record.read(service), written_record.read(fresh)
    assert renewed.manifest.version == base.manifest.version
    assert {f for f in renewed.files if f.path != OPENAPI} == {f for f in base.files if f.path != OPENAPI}


def test_a_conflict_is_marked_and_told(service: Path) -> None:
    makefile = service / "Makefile"
    makefile.write_text(makefile.read_text().replace("# What could be done.", "# What we do."))
    commit(service)
    said = update(service)
    assert said.exit_code == 1
    assert "Conflicts, marked in the file: settle each:\n  - Makefile" in said.output
    marked = makefile.read_text()
    assert "<<<<<<< yours\n# What we do.\n=======\n# What can be done with a deployable.\n>>>>>>> " in marked
    commit(service)
    assert "writes already" in update(service).output, "a conflict comes once"


def test_wheels_that_an_index_has_meanwhile_do_not_come_back(service: Path) -> None:
    shutil.rmtree(service / "vendor")
    commit(service)
    said = update(service)
    assert said.exit_code == 0, said.output
    assert not (service / "vendor").exists()
    assert "was left out, as vendor/ has no earlier one: an index has to have it" in said.output


def test_a_description_that_cannot_be_written_is_left_to_a_person(described: Path) -> None:
    service = described
    (service / SERVICE).write_text("import nothing_of_that_name\n")
    commit(service)
    before = (service / OPENAPI).read_bytes()
    said = update(service)
    assert said.exit_code == 0, said.output
    assert (service / OPENAPI).read_bytes() == before
    assert f"{OPENAPI} stays as it is" in said.output


def test_a_dry_run_says_it_and_changes_nothing(service: Path) -> None:
    before = state(service)
    said = update(service, "--dry-run")
    assert said.exit_code == 0
    assert "  remove    deploy/kubernetes/old.yaml" in said.output
    assert "  write     Makefile" in said.output
    assert state(service) == before


@pytest.mark.parametrize("case", ["changed", "not under git"])
def test_what_git_could_not_bring_back_is_refused_unless_by_force(case: str, service: Path, tmp_path: Path) -> None:
    if case == "changed":
        (service / "README.md").write_text("mine\n")
    else:
        (service / ".git").rename(tmp_path / "git")
    before = state(service)
    said = update(service)
    assert said.exit_code == 1
    assert "--force" in said.output
    assert state(service) == before
    update(service, "--force")
    assert (service / "deploy/kubernetes/autoscaler.yaml").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": "99.0.0"}, "later than this version"),
        ({"command": "invent"}, "does not know"),
        ({"options": {"index": False, "subject": {"module": 7}}}, "does not tell what this version has to know"),
        ({"version": "newest"}, "is no version"),
        ({"format": 99}, "written by a later version"),
    ],
)
def test_a_record_that_cannot_be_followed_is_refused(change: dict[str, object], says: str, service: Path) -> None:
    manifest = service / written_record.MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    commit(service)
    before = state(service)
    said = update(service)
    assert (said.exit_code, says in said.output) == (1, True), said.output
    assert len(said.output.strip().splitlines()) <= 2
    assert state(service) == before


def test_an_update_that_was_cut_off_is_finished_by_the_next(service: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal, "_take", _fail)
        with pytest.raises(ZeroDivisionError):
            CliRunner().invoke(main, ["update", str(service)], catch_exceptions=False)
    said = update(service)
    assert said.exit_code == 0
    assert said.output.startswith("finished an update that was cut off\n")
    assert not (service / "deploy/kubernetes/old.yaml").exists()
    assert not (service / journal.FOLDER).exists()


def _fail(*_: object) -> None:
    raise ZeroDivisionError


def test_a_system_is_updated_and_what_was_thrown_away_stays_away(tmp_path: Path) -> None:
    system = System("acme", "mit")
    fresh = tmp_path / "fresh"
    options = {"name": "acme", "licence": "mit"}
    writer.write_new(new_system.plan_files(system), fresh, "new", options, "Begin")

    def make_system_older(files: Files) -> None:
        with_text(files, "deployable.mk", r"^# What can be done with a deployable\.", "# What could be done.")
        del files["src/modules/notes/admin.py"]

    older = aged.age(fresh, tmp_path / "acme", make_system_older)
    untouched = aged.copy(older, tmp_path / "untouched")
    assert update(untouched).exit_code == 0
    assert state(untouched) == state(fresh)

    for path in [*(older / "src/modules/notes").rglob("*"), older / "contracts/notes.py"]:
        if path.is_file():
            path.unlink()
    commit(older)
    said = update(older)
    assert said.exit_code == 0, said.output
    assert not (older / "contracts/notes.py").exists()
    assert not [name for _, _, names in os.walk(older / "src/modules/notes") for name in names]
    assert (older / "deployable.mk").read_text() == (fresh / "deployable.mk").read_text()


def test_what_a_monolith_changed_in_what_was_written_for_it_stays_in_its_service(fresh: Path, tmp_path: Path) -> None:
    """The base is what was written for the monolith: its own change of it counts as one of the service."""
    monolith = tmp_path / "monolith"
    (monolith / ".seamline").mkdir(parents=True)
    given = shared_files.read_all()["Dockerfile"]
    writer.put(monolith, written_record.record([File("Dockerfile", given)], "new", {}))
    ours = File("Dockerfile", given + b"# of the monolith\n")
    kept = writer._as_first_written(monolith, [ours, File("README.md", b"")])
    assert kept == [File("Dockerfile", given), File("README.md", b"")]


def test_help_has_an_example() -> None:
    assert (
        "Example: extraction update ../parcels-service --dry-run" in CliRunner().invoke(main, ["update", "-h"]).output
    )
