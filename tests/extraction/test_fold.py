"""`fold`: a module comes back with what it has become; what left and came back is as if it had never left."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from extraction.processes import runner
from seamline.development.embedded_postgres import EmbeddedPostgres
from tests.extraction.databases import execute
from tests.extraction.departed_repository import FOLDER, DepartedRepository
from tests.extraction.repository_copy import RepositoryCopy
from tests.extraction.test_data_moved import data, database, python
from tests.extraction.test_extract import tree
from tests.processes import REPOSITORY, Yard


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DepartedRepository:
    return DepartedRepository.make(tmp_path_factory.mktemp("departed")).finished()


@pytest.fixture
def left(made: DepartedRepository, tmp_path: Path) -> DepartedRepository:
    """A monolith that `pens` left for good, and its service."""
    return made.copied(tmp_path)


def test_there_and_back_leaves_no_difference(left: DepartedRepository) -> None:
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 0, done.output
    assert "pens is at home: " in done.output
    assert not [line for line in done.output.splitlines() if line.startswith(("  contract", "  changed", "  runtime"))]
    left.git("reset", "--quiet", "HEAD~1")
    assert left.git("status", "--porcelain", "--ignored") == ""


def test_what_it_has_become_comes_along_and_is_said(left: DepartedRepository) -> None:
    (left.service / FOLDER / "caps.py").write_text("CAP = 1\n")
    (left.service / FOLDER / "templates/pens/pen.html").unlink()
    [wheel] = (left.service / "vendor").glob("seamline-*.whl")
    wheel.rename(wheel.with_name("seamline-0.8.0-py3-none-any.whl"))

    done = left.monolith.run("fold", left.service)

    assert done.exit_code == 0, done.output
    assert f"  changed   {FOLDER}/caps.py " in done.output
    assert f"{FOLDER}/queries.py" not in done.output
    assert "  runtime   the service is on 0.8.0, and here is " in done.output
    assert (left.monolith.root / FOLDER / "caps.py").read_text() == "CAP = 1\n"
    assert not (left.monolith.root / FOLDER / "templates").exists()


def test_what_is_not_pinned_yet_is_said(left: DepartedRepository) -> None:
    (left.service / FOLDER / "requirements.in").write_text("nibs\nPyInkwell\n")
    (left.service / FOLDER / "caps.py").write_text("import nibs\nimport inkwell\n")
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 0, done.output
    assert f"  pin       {FOLDER}/requirements.in:1: [requirement] nibs" in done.output
    # One thing has to be done, and nothing is said that was done already.
    assert done.output.count("  pin ") == 2
    assert "add its distribution" not in done.output
    assert "make lock" in done.output


def test_dry_run_changes_nothing(left: DepartedRepository) -> None:
    before = tree(left.root)
    done = left.monolith.run("fold", left.service, "--dry-run")
    assert done.exit_code == 0
    assert f"write  {FOLDER}/queries.py" in done.output
    assert f"remove {FOLDER}/openapi.json" in done.output
    assert tree(left.root) == before


REFUSED: dict[str, tuple[Callable[[DepartedRepository], object], str]] = {
    "at home already": (lambda it: it.git("reset", "--quiet", "--hard", "HEAD~1"), "pens is at home"),
    "no service": (lambda it: (it.service / "src/config").rename(it.root / "config"), "is no service"),
    "nothing in it": (lambda it: (it.service / FOLDER).rename(it.root / "pens"), "it has the modules (none)"),
    "not committed": (lambda it: it.monolith.replace(f"{FOLDER}/module.py", "Pens.", "Pen."), "not committed; "),
    "what reaches into another module": (
        lambda it: (it.service / FOLDER / "extra.py").write_text("import modules.ink\n"),
        "would not hold together with it: src/modules/pens/extra.py:1: [import]",
    ),
    "what does not load": (
        lambda it: [it.monolith.write("manage.py", "raise SystemExit('no ink')\n"), it.commit()],
        "the monolith does not load with it:\nno ink",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(case: str, left: DepartedRepository) -> None:
    doctor, says = REFUSED[case]
    doctor(left)
    before = tree(left.monolith.root)
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 1, done.output
    assert says in done.output
    assert tree(left.monolith.root) == before


def test_ten_of_what_is_not_committed_are_listed(left: DepartedRepository) -> None:
    for number in range(12):
        left.monolith.write(f"{FOLDER}/new {number:02}.txt", "")
    lines = left.monolith.run("fold", left.service).output.splitlines()
    assert lines[-11:] == [*(f"  {FOLDER}/new {number:02}.txt" for number in range(10)), "  and 2 more"]


CONTRACTS = {
    "ink": """\
from seamline.contract import Contract, Event, query

class InkMixed(Event, key="colour"):
    colour: str

class Ink(Contract, module="ink"):
    @query
    def colour(self) -> str: ...
""",
    "pens": """\
from seamline.contract import Contract, query

class Pens(Contract, module="pens"):
    @query
    def pen(self) -> str: ...
""",
    "paper": "from seamline.contract import Contract\n\nclass Paper(Contract, module='paper'): ...\n",
}
GROWN = "    @query\n    def pen(self) -> str: ...\n\n    @query\n    def pens(self) -> tuple[str, ...]: ...\n"
BROKEN = "    @query\n    def pen(self) -> int: ...\n"


def agreed(left: DepartedRepository, there: str) -> None:
    """Have both sides declare contracts in the real language, the service its own with something else in it."""
    for root in (left.monolith.root, left.service):
        shutil.copytree(REPOSITORY / "src/seamline/contract", root / "src/seamline/contract", dirs_exist_ok=True)
        for name, text in CONTRACTS.items():
            if (root / f"contracts/{name}.py").exists():
                (root / f"contracts/{name}.py").write_text(text)
    place = left.service / "contracts/pens.py"
    place.write_text(place.read_text().partition("    @query")[0] + there)
    left.commit()


def test_its_contract_may_have_grown(left: DepartedRepository) -> None:
    agreed(left, GROWN)
    with (left.service / FOLDER / "queries.py").open("a") as queries:
        queries.write("\n\ndef pens(): ...\n")

    done = left.monolith.run("fold", left.service)

    assert done.exit_code == 0, done.output
    assert "  contract  contracts/pens.py: compatible [operation-added] pens/v1 pens " in done.output
    root = left.monolith.root
    assert (root / "contracts/pens.py").read_bytes() == (left.service / "contracts/pens.py").read_bytes()
    assert '"pens"' in (root / "contracts/lock/pens.json").read_text()


def test_its_contract_may_not_have_broken(left: DepartedRepository) -> None:
    agreed(left, BROKEN)
    before = tree(left.monolith.root)
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 1
    assert "contracts/pens.py: breaking" in done.output
    assert tree(left.monolith.root) == before


def test_contracts_that_do_not_load_in_time_are_given_up(
    left: DepartedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_SECONDS", 0.0)
    (left.service / "contracts/pens.py").write_text("import time\ntime.sleep(60)\n")
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 1
    assert "did not end within 0 seconds; see what it waits for\n" in done.output


@pytest.fixture
def committed(repository_copy: RepositoryCopy) -> Iterator[RepositoryCopy]:
    """The copy with all that was added to it committed, for as long as the test lasts."""
    before = repository_copy.git("rev-parse", "HEAD").strip()
    repository_copy.git("add", "--all")
    repository_copy.git("commit", "--quiet", "--message", "With more")
    added = repository_copy.git("rev-parse", "HEAD").strip()
    yield repository_copy
    repository_copy.git("reset", "--quiet", "--hard", added)
    repository_copy.git("clean", "--quiet", "--force", "-d", "src", "contracts")
    repository_copy.git("reset", "--quiet", before)


@contextmanager
def as_if_running(service: Path) -> Iterator[None]:
    """Have the database of gadgets open, as the service has it."""
    with EmbeddedPostgres(service / "var/postgres").running() as server:
        url = server.url.replace("/postgres?", "/gadgets_service_gadgets?")
        with psycopg.connect(url, application_name="seam:gadgets"):
            yield


def test_a_whole_module_and_its_data_go_and_come_back(
    committed: RepositoryCopy, the_yard: Yard, tmp_path: Path
) -> None:
    folder, schema = tmp_path / "gadgets-service", tmp_path / "schema.json"
    assert committed.extraction("extract", "gadgets", "--into", folder, "--no-verify").exit_code == 0
    # Its database is made, and no others, which are of no interest here.
    with the_yard.deployable("there_and_back", committed.root, MODULES="gadgets") as monolith:
        python(monolith, "manage.py", "migrate_all")
        kept = database(monolith, "gadgets")
        execute(kept, "INSERT INTO gadgets_maker VALUES ('Grace')")
        assert "gadgets is copied to gadgets_service_gadgets on " in data(
            "copy", monolith, "--to", str(folder), "--replace", module="gadgets"
        )

        done = committed.extraction("finish", "gadgets", "--service", folder)
        assert done.exit_code == 0, done.output
        routes = (committed.root / "src/modules/gadgets/module.py").read_text()
        for route in ("api/v1/gadgets", "gadgets/<uuid:gadget_id>/manual", "static/gadgets/<path:path>"):
            assert f'"{route}"' in routes
        assert committed.manage("spectacular", "--format", "openapi-json", "--file", str(schema)).returncode == 0
        assert {"/api/v1/gadgets", "/api/v1/products"} <= json.loads(schema.read_text())["paths"].keys()
        committed.git("add", "--all")
        committed.git("commit", "--quiet", "--message", "Without gadgets")
        execute(kept, "DELETE FROM gadgets_maker")

        with as_if_running(folder):
            done = committed.extraction("fold", folder, "--data")
        assert done.exit_code == 1
        assert "the source open (seam:gadgets, " in done.output
        assert "stop the deployable, its workers too, and try again; or leave out --data. Nothing was" in done.output
        assert committed.git("status", "--porcelain") == ""

        said = python(monolith, "-m", "extraction", "fold", str(folder), "--data", PYTHONPATH=".:src")
        assert "gadgets is at home: " in said
        assert "every table has the rows and the checksum that it has in the source" in said
        assert execute(kept, "SELECT name FROM gadgets_maker ORDER BY name") == [("Ada",), ("Grace",)]
    committed.git("reset", "--quiet", "HEAD~1")
    assert committed.git("status", "--porcelain") == ""
