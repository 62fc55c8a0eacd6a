"""Extraction of a module of the miniature: what is written, and that it is written whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from extraction.processes import runner
from extraction.reading.project import Project
from extraction.writing import plan, runtime_wheel, tool_wheel, written_record
from tests.extraction.miniature import Monolith
from tests.processes import REPOSITORY
from tests.waiting import eventually


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All that is in a folder, apart from its history: content and permissions, by path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode) for path in files}


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def committed(folder: Path) -> str:
    """What git says of the content of the first commit."""
    return git(folder, "rev-parse", "main^{tree}")


def test_what_is_written(monolith: Monolith, tmp_path: Path) -> None:
    done = monolith.extract(tmp_path / "service")

    assert done.exit_code == 0, done.output
    written = tree(tmp_path / "service")
    assert {
        "README.md",
        ".github/workflows/ci.yaml",
        "Makefile",
        "contracts/pens.py",
        "contracts/ink.py",
        "src/config/settings.py",
        runtime_wheel.find().path,
        tool_wheel.find().path,
        *written_record.PATHS,
        "src/modules/pens/templates/pens/pen.html",
        "src/modules/pens/tests/test_pens.py",
    } <= written.keys()
    assert not [path for path in written if "modules/ink" in path or "paper" in path or "src/seamline" in path]
    assert [path for path, (_, mode) in written.items() if mode & 0o100] == ["manage.py"]
    assert "history       one commit on main" in done.output
    assert git(tmp_path / "service", "rev-list", "--all", "--count") == "1\n"
    assert git(tmp_path / "service", "ls-files").split() == sorted(written)


def test_the_service_has_a_name_of_its_own(monolith: Monolith, tmp_path: Path) -> None:
    monolith.extract(tmp_path / "service")

    assert 'SERVICE_NAME = "pens-service"' in (tmp_path / "service/src/config/identity.py").read_text()
    assert "PORT = 8002\n" in (tmp_path / "service/src/config/identity.py").read_text()
    assert "extraction" not in (tmp_path / "service/pyproject.toml").read_text()
    assert "#PENS_NIB=\n" in (tmp_path / "service/.env.example").read_text()


def test_only_the_requirements_it_needs(monolith: Monolith, tmp_path: Path) -> None:
    monolith.extract(tmp_path / "service")

    requirements = tmp_path / "service/requirements"
    assert (requirements / "base.in").read_text() == f"{runtime_wheel.find().requirement(plan.EXTRAS)}\ndjango\n"
    assert "# via seamline\n" in (requirements / "base.txt").read_text()
    assert "--hash=sha256:aa" in (requirements / "base.txt").read_text()
    assert not [line for line in (requirements / "dev.in").read_text().splitlines() if line.startswith("click")]
    assert "iniconfig==1 \\\n    --hash=sha256:ab\n    # via pytest\n" in (requirements / "dev.txt").read_text()


def test_what_only_its_tests_require_goes_along(monolith: Monolith, tmp_path: Path) -> None:
    monolith.replace("requirements/dev.in", "click\n", "")
    monolith.write("src/modules/pens/requirements-dev.in", "click\n")
    assert monolith.extract(tmp_path / "service").exit_code == 0
    written = {path: content.decode(errors="replace") for path, (content, _) in tree(tmp_path / "service").items()}
    assert "click==8" in written["requirements/dev.txt"]
    assert "    #   -r src/modules/pens/requirements-dev.in" in written["requirements/dev.txt"]
    assert "click" not in written["requirements/base.txt"]


def test_the_next_commands_are_said(monolith: Monolith, tmp_path: Path) -> None:
    done = monolith.extract(tmp_path / "service")

    assert "make run" in done.output
    assert "PENS_URL=http://127.0.0.1:8002 make run" in done.output
    assert "make test" in done.output


def test_twice_gives_the_same_bytes(monolith: Monolith, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert monolith.extract(tmp_path / name).exit_code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert committed(tmp_path / "one") == committed(tmp_path / "two")


def test_an_index_has_the_wheels_for_those_who_say_so(monolith: Monolith, tmp_path: Path) -> None:
    done = monolith.extract(tmp_path / "service", "--index")
    assert done.exit_code == 0, done.output
    assert f"index         has to have {runtime_wheel.find().requirement()} and seamline-extraction==" in done.output
    assert not (tmp_path / "service/vendor").exists()
    assert (
        "--hash=sha256:" + sha256(runtime_wheel.find().content).hexdigest()
        in (tmp_path / "service/requirements/base.txt").read_text()
    )


def test_the_record_has_every_other_file_as_it_was_written(monolith: Monolith, tmp_path: Path) -> None:
    monolith.extract(tmp_path / "service")
    found = written_record.read(tmp_path / "service")
    written = tree(tmp_path / "service")
    assert {file.path: file.content for file in found.files} == {
        path: content for path, (content, _) in written.items() if written_record.is_kept(path)
    }
    assert (found.manifest.command, found.manifest.options["subject"]["module"]) == ("extract", "pens")


def test_it_is_checked_and_run_on_its_wheel_whatever_lies_beside_it(monolith: Monolith, tmp_path: Path) -> None:
    assert monolith.extract(tmp_path / "service").exit_code == 0
    broken = tmp_path / "service/src/seamline"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise SystemExit('the one beside it')\n")
    ask = "import seamline, seamline.contract; print(seamline.__version__)"
    said = runner.ask(tmp_path / "service", "it is not found", "-c", ask)
    assert said == f"{runtime_wheel.find().version}\n"
    project = Project.at(tmp_path / "service")
    assert "seamline.calls.proxy" in {source.name for source in project.runtime_sources}
    assert "seamline.calls.proxy" in project.graph.modules
    assert "src/seamline" not in project.layers.values()


def test_what_git_ignores_stays(monolith: Monolith, tmp_path: Path) -> None:
    folder = "src/modules/pens"
    monolith.write(".gitignore", "*.key\nlocal_*.json\nnode_modules/\n")
    monolith.write(f"{folder}/tracked.key", "of a test, and committed")
    git(monolith.root, "init", "--quiet")
    git(monolith.root, "add", "--all", "--force")
    git(monolith.root, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "All")
    for path in ("secret.key", "local_settings.json", "node_modules/thing/index.js", "new.py"):
        monolith.write(f"{folder}/{path}", "")
    (monolith.root / folder / "templates/pens/pen.html").rename(monolith.root / folder / "moved.html")

    assert monolith.extract(tmp_path / "service").exit_code == 0

    written = tree(tmp_path / "service")
    inside = {path for path in written if path.startswith(folder)}
    assert {path for path in inside if path.endswith((".key", ".json", ".js"))} == {f"{folder}/tracked.key"}
    assert {f"{folder}/new.py", f"{folder}/moved.html"} <= written.keys()
    assert f"{folder}/templates/pens/pen.html" not in written
    said = git(tmp_path / "service", "log", "--format=%b")
    assert "and what was not committed there" in said and "What git ignores there is no part of it." in said


def test_a_link_inside_is_kept_and_one_that_leads_elsewhere_refused(monolith: Monolith, tmp_path: Path) -> None:
    folder = monolith.root / "src/modules/pens"
    (folder / "pages").symlink_to(folder / "templates" / "pens")
    (folder / "words.txt").symlink_to("../../../.gitignore")
    assert monolith.extract(tmp_path / "service").exit_code == 0
    written = tmp_path / "service/src/modules/pens"
    assert (written / "pages").readlink() == Path("templates/pens")
    assert (written / "pages/pen.html").read_text() == "<p>A pen</p>\n"
    assert not (written / "words.txt").is_symlink() and (written / "words.txt").read_text() == "/var/\n"

    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/key").touch()
    for number, target in enumerate(("outside", "outside/key", "monolith/src/modules/ink", "nowhere")):
        link = folder / "elsewhere"
        link.symlink_to(tmp_path / target)
        done = monolith.extract(tmp_path / f"service-{number}")
        assert (done.exit_code, (tmp_path / f"service-{number}").exists()) == (1, False)
        assert f"error: src/modules/pens/elsewhere leads to {tmp_path / target}" in done.output
        link.unlink()


def test_a_repository_inside_is_refused(monolith: Monolith, tmp_path: Path) -> None:
    git(monolith.root, "init", "--quiet")
    monolith.write("src/modules/pens/theirs/thing.py", "")
    git(monolith.root / "src/modules/pens/theirs", "init", "--quiet")
    done = monolith.extract(tmp_path / "service")
    assert done.exit_code == 1
    assert "error: src/modules/pens/theirs is a repository of its own" in done.output


def test_without_git_it_is_written_all_the_same(
    monolith: Monolith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = monolith.extract(tmp_path / "service")
    assert done.exit_code == 0
    assert "history       none: there is no git" in done.output
    assert (tmp_path / "service/manage.py").exists()


def test_an_empty_folder_is_used(monolith: Monolith, tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    assert monolith.extract(tmp_path / "service").exit_code == 0
    assert (tmp_path / "service/manage.py").exists()


def test_dry_run_writes_nothing(monolith: Monolith, tmp_path: Path) -> None:
    before = tree(tmp_path)
    done = monolith.extract(tmp_path / "service", "--dry-run")

    assert done.exit_code == 0
    assert "src/modules/pens/queries.py" in done.output
    assert tree(tmp_path) == before
    assert not (tmp_path / "service").exists()


def test_a_full_folder_is_refused_and_left(monolith: Monolith, tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service/mine").write_text("dear")
    before = tree(tmp_path)

    done = monolith.extract(tmp_path / "service")

    assert done.exit_code == 1
    assert "is not empty" in done.output
    assert "checking" not in done.output
    assert tree(tmp_path) == before


@pytest.mark.parametrize("into", ["monolith/src/service", "monolith", "absent/service", "file"])
def test_an_unsuitable_place_is_refused(into: str, monolith: Monolith, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    before = tree(tmp_path)
    assert monolith.extract(tmp_path / into).exit_code == 1
    assert tree(tmp_path) == before


def test_a_module_that_cannot_leave_is_refused_with_the_chain(monolith: Monolith, tmp_path: Path) -> None:
    monolith.write("src/seamline/shortcut.py", "from modules.ink import service\n")
    monolith.write("src/modules/pens/extra.py", "from seamline import shortcut\n")
    before = tree(tmp_path)

    done = monolith.extract(tmp_path / "service")

    assert done.exit_code == 1
    assert "modules.pens.extra -> seamline.shortcut -> modules.ink.service" in done.output
    assert "Nothing was written" in done.output
    assert tree(tmp_path) == before


def test_a_service_that_does_not_start_is_not_left_behind(monolith: Monolith, tmp_path: Path) -> None:
    monolith.write("manage.py", "raise SystemExit('no database driver')\n")
    done = monolith.extract(tmp_path / "service")

    assert done.exit_code == 1
    assert "no database driver" in done.output
    # What it was about to do was told before.
    planned = plan.plan(monolith.project, "pens")
    said = f"pens becomes pens-service in {os.path.relpath(tmp_path / 'service')}: {len(planned.paths)} files"
    assert done.output.index(said) < done.output.index("writing and verifying it") < done.output.index("error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["monolith"]


def test_a_full_disk_leaves_nothing(monolith: Monolith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    done = monolith.extract(tmp_path / "service")
    assert done.exit_code == 1
    assert done.output.endswith(f"error: {tmp_path / 'service'}: No space left on device; make room there\n")
    assert [path.name for path in tmp_path.iterdir()] == ["monolith"]


def test_a_folder_that_may_not_be_written_to_is_refused(
    monolith: Monolith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write to any folder, whatever its mode.
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != tmp_path)
    done = monolith.extract(tmp_path / "service")
    assert done.exit_code == 1
    assert f"error: {tmp_path} may not be written to: name a folder elsewhere\n" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["monolith"]


def test_a_check_that_does_not_end_is_given_up(
    monolith: Monolith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_SECONDS", 0.2)
    monolith.write("manage.py", "import time\ntime.sleep(60)\n")
    done = monolith.extract(tmp_path / "service")

    assert done.exit_code == 1
    assert "did not end within 0.2 seconds" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["monolith"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing(number: signal.Signals, monolith: Monolith, tmp_path: Path) -> None:
    monolith.write("manage.py", "import time\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "extraction", "extract", "pens", "--root", monolith.root, "--into", tmp_path / "s"]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ""}) as run:
        eventually(lambda: list(tmp_path.glob(".s.*/manage.py")), bool)
        run.send_signal(number)
        assert run.wait() in (1, 128 + number)
    assert [path.name for path in tmp_path.iterdir()] == ["monolith"]
