"""The project that was there before: see `tests.stages.project`."""

from collections.abc import Iterator

import psycopg
import pytest

from conftest import GIVEN
from tests.stages.project import Clinic

collect_ignore = ["clinic_project"]


@pytest.fixture(scope="module")
def clinic(database_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The project, migrated, with a patient and appointments."""
    place = Clinic(tmp_path_factory.mktemp("project") / "clinic")
    with psycopg.connect(GIVEN, autocommit=True) as server:
        server.execute(f"CREATE ROLE {place.name} LOGIN CREATEROLE CREATEDB PASSWORD 'clinic'")
        server.execute(f"CREATE DATABASE {place.name} OWNER {place.name}")
        try:
            place.manage("migrate_all")
            place.manage("shell", "-v0", "-c", SEED)
            yield place
        finally:
            server.execute(f"DROP DATABASE {place.name} WITH (FORCE)")
            server.execute(f"DROP ROLE IF EXISTS {place.name}_letters")
            server.execute(f"DROP ROLE {place.name}")


SEED = """
from appointments.models import Appointment
from people.models import Person
eve = Person.objects.create_user("eve", password="secret", ward="North")
Appointment.objects.bulk_create([Appointment(patient=eve, cents=100 * n) for n in range(1, 9)])
"""
