"""`extract` on a PostgreSQL server that somebody has, whose extensions a module uses."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from extraction.cli import main
from extraction.processes import boot
from extraction.writing import plan
from tests.bare_postgres import bare_postgres
from tests.extraction.databases import execute
from tests.processes import REPOSITORY

MIGRATION = """\
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(
            "CREATE TABLE inventory_slot (place int, taken tstzrange,"
            " EXCLUDE USING gist (place WITH =, taken WITH &&))",
            "DROP TABLE inventory_slot",
        ),
    ]
"""
LEFT = """
    SELECT datname FROM pg_database WHERE datname LIKE 'extraction%'
    UNION SELECT rolname FROM pg_roles WHERE rolname LIKE 'extraction%'
"""
ROLE = "CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'secret'"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One of the system's own, with the extensions that are installed with it."""
    with bare_postgres() as place:
        url = f"postgresql://maker:secret@/postgres?host={place}"
        execute(
            url.replace("maker:secret", "postgres"), "CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'secret'"
        )
        yield url


@pytest.fixture
def monolith(tmp_path: Path) -> Path:
    """A copy of this repository with a module that uses an extension."""
    copy = tmp_path / "monolith"
    for name in ("contracts", "src", "requirements", "tests"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*plan.GENERIC, "pyproject.toml"):
        shutil.copy(REPOSITORY / name, copy / name)
    (copy / "src/modules/inventory/migrations/0002_slots.py").write_text(MIGRATION)
    return copy


def extract(monolith: Path, *options: str, **environment: str) -> Result:
    into = monolith.with_name("service")
    command = ["extract", "inventory", "--root", str(monolith), "--into", str(into), *options]
    return CliRunner(env=environment).invoke(main, command)


def test_a_module_that_uses_an_extension_is_tried_where_there_is_one(monolith: Path, server: str) -> None:
    done = extract(monolith, "--server", server)
    assert done.exit_code == 0, done.output
    assert "verified      it starts, and answers" in done.output
    assert "secret" not in done.output
    assert execute(server, LEFT) == []


def test_where_it_fails_nothing_stays_there_either(monolith: Path, server: str) -> None:
    broken = monolith / "src/modules/inventory/migrations/0002_slots.py"
    broken.write_text(broken.read_text().replace("place int,", "place absent,"))
    (monolith / ".env").write_text(f"DATABASE_URL={server}\n")
    done = extract(monolith)
    assert done.exit_code == 1
    assert 'type "absent" does not exist' in done.output
    assert execute(server, LEFT) == []
    assert not monolith.with_name("service").exists()


def test_without_one_a_line_says_what_to_do(monolith: Path) -> None:
    done = extract(monolith)
    assert done.exit_code == 1
    said = (
        'CommandError: extension "btree_gist" is not available on this PostgreSQL server: '
        "name a server that has it, or can have it, with DATABASE_URL"
    )
    assert said in done.output.splitlines()


def test_the_server_is_the_one_of_the_environment_or_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert boot.find_configured_url(tmp_path) is None
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://folder/\n")
    assert boot.find_configured_url(tmp_path) == "postgresql://folder/"
    monkeypatch.setenv("DATABASE_URL", "postgresql://shell/")
    assert boot.find_configured_url(tmp_path) == "postgresql://shell/"


def test_an_address_that_is_none_and_a_server_that_is_away_are_told(monolith: Path) -> None:
    assert extract(monolith, "--server", "mysql://u:hunter2@x/").exit_code == 2
    done = extract(monolith, "--server", "postgresql://u:hunter2@127.0.0.1:9/postgres")
    assert (done.exit_code, "no PostgreSQL server answers" in done.output) == (1, True)
    assert "hunter2" not in done.output


def test_a_server_that_went_away_has_what_it_has() -> None:
    with boot.server("postgresql://127.0.0.1:9/postgres") as made:
        assert made.prefix.startswith("extraction_")
    with pytest.raises(psycopg.OperationalError):
        execute("postgresql://127.0.0.1:9/postgres", "SELECT 1")
