"""`finish`: a module's code leaves for good, with its service to answer for it; or all stays as it was."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from extraction.departure.atomic_replace import PREFIX
from extraction.processes import runner
from tests import departed
from tests.extraction.departed_repository import CHECK, FOLDER, DepartedRepository
from tests.extraction.test_extract import tree
from tests.processes import REPOSITORY
from tests.waiting import eventually

MANIFEST = '''\
"""It lives elsewhere. `python -m extraction finish` wrote this, and `fold` brings its code back."""

from contracts.ink import Ink, InkMixed
from contracts.pens import Pens
from seamline.module import ExtractedModule

MODULE = ExtractedModule(
    name="pens",
    summary="Pens.",
    serves=(Pens,),
    calls=(Ink,),
    subscribes=(InkMixed,),
    routes=("api/v1/pens/<str:pen>", "pens/<str:pen>"),
)
'''
WAITS = f"""{CHECK}
    import os, time
    parent = os.getppid()
    while not here and os.getppid() == parent:
        time.sleep(0.01)
"""
"""A `manage.py` that looks at a monolith without the module for as long as somebody waits for it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DepartedRepository:
    return DepartedRepository.make(tmp_path_factory.mktemp("departed"))


@pytest.fixture
def repository(made: DepartedRepository, tmp_path: Path) -> DepartedRepository:
    return made.copied(tmp_path)


def test_its_manifest_and_its_document_stay_and_nothing_else_of_it(repository: DepartedRepository) -> None:
    monolith = repository.monolith
    before = tree(monolith.root)

    done = monolith.run("finish", "pens", "--service", repository.service)

    assert done.exit_code == 0, done.output
    stays = {path: content for path, (content, _) in tree(monolith.root / FOLDER).items()}
    assert stays.keys() == {"__init__.py", "module.py", "openapi.json"}
    assert stays["module.py"].decode() == MANIFEST
    assert b'"/api/v1/pens/{pen}"' in stays["openapi.json"]
    now = tree(monolith.root)
    changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    assert not [path for path in changed if not path.startswith((FOLDER, ".git/"))]


def test_it_is_known_as_one_that_left(repository: DepartedRepository) -> None:
    monolith = repository.finished().monolith
    assert monolith.run("check").output == "each of 1 modules can leave: nothing stands in the way\n"
    assert [line.split()[:4] for line in monolith.run("list").output.splitlines()[2:]] == [
        ["pens", "elsewhere", "has", "left"]
    ]
    assert "pens has left for good" in monolith.run("extract", "pens", "--into", repository.root / "again").output
    # Its tables and its name are its own all the same.
    monolith.write("src/modules/ink/extra.py", "from django.db import connections\n\nA = connections['pens']\n")
    assert "the database of pens is opened" in monolith.run("check", "ink").output


def test_what_names_its_code_is_said(repository: DepartedRepository) -> None:
    repository.monolith.write("tests/test_all.py", "from modules.pens import queries\n")
    repository.monolith.write("tests/test_some.py", "from modules.pensive import thoughts\n")
    repository.monolith.write(".env.example", "#PENS_NIB=\n")
    repository.commit()
    done = repository.monolith.run("finish", "pens", "--service", repository.service, "--dry-run")
    assert "look at   tests/test_all.py, .env.example: they name" in done.output


def test_what_its_service_has_become_is_what_stays(repository: DepartedRepository) -> None:
    manifest = repository.service / FOLDER / "module.py"
    manifest.write_text(manifest.read_text().replace("Pens.", "Pens and pencils."))
    repository.commit(at=repository.service)
    # The service has had the file as it is here, so that nothing is lost.
    assert repository.finished().monolith.run("finish", "pens", "--service", repository.service).exit_code == 0
    assert 'summary="Pens and pencils."' in (repository.monolith.root / FOLDER / "module.py").read_text()


def test_what_the_service_never_had_is_not_lost_unless_forced(repository: DepartedRepository) -> None:
    repository.monolith.replace(f"{FOLDER}/queries.py", "call(Ink).colour()", "call(Ink).colour() or 'black'")
    repository.monolith.write(f"{FOLDER}/caps.py", "CAP = 1\n")
    repository.commit()
    before = tree(repository.monolith.root)

    done = repository.monolith.run("finish", "pens", "--service", repository.service)
    assert (done.exit_code, tree(repository.monolith.root)) == (1, before)
    assert done.stdout.splitlines() == [f"{FOLDER}/caps.py", f"{FOLDER}/queries.py"]

    assert repository.monolith.run("finish", "pens", "--service", repository.service, "--force").exit_code == 0


def test_what_git_ignores_is_not_deleted_unseen(repository: DepartedRepository) -> None:
    repository.monolith.write(".gitignore", "*.key\n__pycache__\n")
    repository.commit()
    repository.monolith.write(f"{FOLDER}/secret.key", "dear")
    repository.monolith.write(f"{FOLDER}/__pycache__/queries.pyc", "")
    before = tree(repository.monolith.root)
    done = repository.monolith.run("finish", "pens", "--service", repository.service)
    assert (done.exit_code, tree(repository.monolith.root)) == (1, before)
    assert f"error: git ignores {FOLDER}/secret.key, and could not bring it back" in done.output


def test_dry_run_changes_nothing(repository: DepartedRepository) -> None:
    before = tree(repository.root)
    done = repository.monolith.run("finish", "pens", "--service", repository.service, "--dry-run")
    assert done.exit_code == 0
    assert f"remove {FOLDER}/queries.py" in done.output
    assert tree(repository.root) == before


REFUSED: dict[str, tuple[Callable[[DepartedRepository], object], str]] = {
    "changed here, and not committed": (
        lambda it: it.monolith.write(f"{FOLDER}/module.py", (it.service / FOLDER / "module.py").read_text() + "\n"),
        "does not have the 1 file above",
    ),
    "untracked": (
        lambda it: [it.monolith.write(f"{FOLDER}/new.txt", ""), (it.service / FOLDER / "new.txt").write_text("")],
        f"not committed; commit it, or put it aside (git stash --include-untracked):\n  {FOLDER}/new.txt\n",
    ),
    "in a repository that leaves it out": (
        lambda it: [
            shutil.rmtree(it.monolith.root / ".git"),
            it.git("init", "--quiet", "--template=", at=it.root),
            it.monolith.write("../.gitignore", "*\n"),
        ],
        "is not under git, which could bring it back",
    ),
    "a service that says something else too": (
        lambda it: (it.service / "manage.py").write_text("print('Welcome')\n"),
        "does not tell what it answers (python manage.py interface pens): Welcome",
    ),
    "not to be extracted": (
        lambda it: it.monolith.write(f"{FOLDER}/extra.py", "import modules.ink\n"),
        "pens cannot leave yet",
    ),
    "another module's service": (
        lambda it: (it.service / FOLDER).rename(it.service / "src/modules/quills"),
        "has the module quills, not pens",
    ),
    "no service": (lambda it: (it.service / "contracts").rename(it.root / "elsewhere"), "is no service"),
    "what does not load without it": (
        lambda it: [it.monolith.write("manage.py", f"{CHECK}    sys.exit(0 if here else 'no pens')\n"), it.commit()],
        "without it the monolith does not load:\nno pens",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(case: str, repository: DepartedRepository) -> None:
    doctor, says = REFUSED[case]
    doctor(repository)
    before = tree(repository.root)
    done = repository.monolith.run("finish", "pens", "--service", repository.service)
    assert done.exit_code == 1, done.output
    assert says in done.output
    assert {p: c for p, c in tree(repository.root).items() if ".git/" not in p} == {
        p: c for p, c in before.items() if ".git/" not in p
    }


def test_a_service_that_does_not_tell_in_time_is_given_up(
    repository: DepartedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_SECONDS", 0.2)
    (repository.service / "manage.py").write_text("import time\ntime.sleep(60)\n")
    done = repository.monolith.run("finish", "pens", "--service", repository.service)
    assert done.exit_code == 1
    assert "python manage.py interface pens did not end within 0.2 seconds; " in done.output


def test_without_git_nothing_is_changed(repository: DepartedRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(repository.root)
    monkeypatch.setenv("PATH", str(repository.root))
    done = repository.monolith.run("finish", "pens", "--service", repository.service)
    assert done.exit_code == 1
    assert done.output.endswith("error: there is no git to ask: install it, or have it in PATH\n")
    assert tree(repository.root) == before


def test_a_full_disk_leaves_all_as_it_was(repository: DepartedRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(place: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    root = repository.monolith.root
    before = tree(root / "src")
    monkeypatch.setattr(Path, "write_bytes", full)
    done = repository.monolith.run("finish", "pens", "--service", repository.service)
    assert done.exit_code == 1
    assert done.output.endswith(f"error: {root}: No space left on device; make room there\n")
    assert tree(root / "src") == before
    assert not list(root.glob(f"{PREFIX}*"))


def ended_while_it_looks(repository: DepartedRepository, number: signal.Signals) -> int:
    """Send `finish` a signal while it looks at what is left. Gives the status that it ends with."""
    repository.monolith.write("manage.py", WAITS)
    repository.commit()
    root = repository.monolith.root
    command = [sys.executable, "-m", "extraction", "finish", "pens", "--root", root, "--service", repository.service]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ""}) as run:
        eventually(lambda: (root / FOLDER / "openapi.json").exists(), bool)
        run.send_signal(number)
        return run.wait(30)


def test_an_interruption_leaves_all_as_it_was(repository: DepartedRepository) -> None:
    before = tree(repository.monolith.root / "src")
    assert ended_while_it_looks(repository, signal.SIGINT) == 130
    assert tree(repository.monolith.root / "src") == before
    assert not list(repository.monolith.root.glob(f"{PREFIX}*"))


def test_the_way_back_from_what_was_killed_is_said(repository: DepartedRepository) -> None:
    root = repository.monolith.root
    before = tree(root / "src")
    ended_while_it_looks(repository, signal.SIGKILL)
    assert tree(root / "src") != before

    for command in (["finish", "pens", "--service", repository.service], ["fold", repository.service]):
        done = repository.monolith.run(*command)
        assert done.exit_code == 1
        assert "was cut off here" in done.output
    subprocess.run(["sh", "-c", done.output.splitlines()[-1]], cwd=root, check=True)

    assert tree(root / "src") == before
    assert repository.git("status", "--porcelain") == ""


def test_a_test_that_needs_what_left_is_known_by_what_it_needs(repository: DepartedRepository, tmp_path: Path) -> None:
    repository.monolith.write("tests/test_pens.py", "def test():\n    from modules.pens import queries\n")
    repository.monolith.write("tests/test_ink.py", "from modules.ink import queries\nfrom contracts.pens import Pens\n")
    files = {path: repository.monolith.project.source(f"tests/{path}") for path in ("test_pens.py", "test_ink.py")}
    assert {path: departed.imported(source, {"pens"}) for path, source in files.items()} == {
        "test_pens.py": {"pens"},
        "test_ink.py": set(),
    }
    log = tmp_path / "deployable.log"
    log.write_text(
        '{"event": "no_route", "module": "pens", "request_id": "mine"}\n'
        '{"event": "no_route", "module": "ink", "request_id": "another"}\n'
        "Traceback: no_route\n"
    )
    assert departed.asked_in([log], {"mine"}) == {"pens"}
