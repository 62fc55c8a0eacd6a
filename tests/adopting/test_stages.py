"""An app of a small project is taken through the stages, on a real server; the project's own tests pass after each."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.adopting.clinic import Clinic

SCHEMA = """
    SELECT table_name, column_name, data_type, is_nullable, character_maximum_length, column_default
    FROM information_schema.columns WHERE table_name ~ '^(billing|visits)_' ORDER BY 1, 2
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename ~ '^(billing|visits)_' ORDER BY 1"
CONSTRAINTS = """
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid::regclass::text ~ '^(billing|visits)_' ORDER BY 1, 2
"""


@pytest.fixture
def clinic(tmp_path: Path, database_server: None) -> Iterator[Clinic]:
    """The project, with a database of its own."""
    name = f"clinic_{os.getpid()}"
    clinic = Clinic.make(tmp_path / "clinic", os.environ["DATABASE_URL"], name)
    server = make_conninfo(clinic.server)
    with psycopg.connect(server, autocommit=True) as opened:
        opened.execute(f"CREATE DATABASE {name}")
        yield clinic
        for (database,) in opened.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%{name}%"]
        ).fetchall():
            opened.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


def test_an_app_is_taken_to_data_of_its_own_and_its_rows_follow(clinic: Clinic) -> None:
    own = f"{clinic.database}_billing"
    environment = {"BILLING_DATABASE_URL": clinic.address(own), "DATABASE_PREFIX": clinic.database}
    for label in ("billing", "patients", "visits"):
        assert "is mapped" in stage(clinic, label)
    run_own_tests(clinic)
    clinic.edit("pyproject.toml", "[tool.seamline]\n", '[tool.seamline]\nlibraries = ["common"]\n')
    clinic.commit()
    for label in ("billing", "patients", "visits"):
        assert "is declared" in stage(clinic, label)
    run_own_tests(clinic)
    assert clinic.manage("migrate_all").returncode == 0
    clinic.query("INSERT INTO patients_patient (id, name, email) VALUES (7, 'Ada', '')")
    clinic.query("INSERT INTO billing_invoice VALUES (3, now(), 'A1', 500, false, 7, NULL)")
    before = described(clinic)

    said = stage(clinic, "billing")

    assert "billing is own data" in said
    assert "patients/services.py:17: TODO deletes a patients.Patient: publish(PatientDeleted(patient_id=…))" in said
    clinic.query(f"CREATE DATABASE {own}")
    assert clinic.manage("migrate_all", **environment).returncode == 0
    run_own_tests(clinic, **environment)
    assert clinic.manage("makemigrations", "--check", "--dry-run", **environment).returncode == 0
    copied = clinic.run(
        *("-m", "extraction", "data", "copy", "--app", "billing"),
        *("--from", clinic.address(clinic.database), "--to", clinic.address(own)),
        cwd=clinic.root,
    )
    assert copied.returncode == 0, copied.stderr
    assert clinic.query("SELECT id, patient_id, number FROM billing_invoice", own) == [(3, 7, "A1")]
    assert is_reversible(clinic, before)


def is_reversible(clinic: Clinic, before: list[list[tuple[object, ...]]]) -> bool:
    """Tell whether keys become ids and keys again in the common database, and new tables are like old ones."""
    clinic.edit("billing/module.py", "Data.DATABASE", "Data.SHARED")
    own_data = {app: clinic.root / app / "migrations" / "0001_own_data.py" for app in ("billing", "visits")}
    texts = {app: path.read_text() for app, path in own_data.items()}
    for path in own_data.values():
        path.unlink()
    clinic.query("DELETE FROM django_migrations WHERE app IN ('billing', 'visits') AND name <> '0001_initial'")
    clinic.query(
        "ALTER TABLE visits_visit ADD FOREIGN KEY (invoice_id) REFERENCES billing_invoice DEFERRABLE INITIALLY DEFERRED"
    )
    assert described(clinic) == before
    assert clinic.manage("migrate").returncode == 0
    ids = described(clinic)
    assert ids != before
    for app in own_data:
        assert clinic.manage("migrate", app, "0001").returncode == 0
    assert described(clinic) == before
    for app, path in own_data.items():
        path.write_text(texts[app])
    fresh = f"{clinic.database}_fresh"
    clinic.query(f"CREATE DATABASE {fresh}")
    assert clinic.manage("migrate", PGDATABASE=fresh).returncode == 0
    return described(clinic, fresh) == ids


def described(clinic: Clinic, database: str = "") -> list[list[tuple[object, ...]]]:
    return [clinic.query(each, database) for each in (SCHEMA, INDEXES, CONSTRAINTS)]


def stage(clinic: Clinic, label: str) -> str:
    """Take an app a stage further, and commit what that wrote."""
    done = clinic.adopt(label)
    assert done.returncode == 0, done.stdout + done.stderr
    clinic.commit()
    return done.stdout


def run_own_tests(clinic: Clinic, **environment: str) -> None:
    done = clinic.manage("test", "--noinput", **environment)
    assert done.returncode == 0, done.stderr
    assert "Ran 5 tests" in done.stderr
