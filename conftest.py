"""What the tests share: real databases, one per module, on a PostgreSQL server of their own."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from seamline.development.embedded_postgres import EmbeddedPostgres  # noqa: E402  found only now

# Nothing is kept, so nothing need be safe on disk.
SERVER = EmbeddedPostgres(
    ROOT / "var" / "test-postgres", settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)
GIVEN = os.environ.get("DATABASE_URL") or SERVER.url

os.environ["DATABASE_URL"] = GIVEN
os.environ["DATABASE_PREFIX"] = f"test_{os.getpid()}"
# The machinery is tested on a small system of its own; a service has no such.
os.environ["DJANGO_SETTINGS_MODULE"] = (
    "tests.system.settings" if (ROOT / "tests/system").is_dir() else "config.settings"
)
os.environ["LOG_LEVEL"] = "ERROR"
# The topology that a developer has set is not the one the tests are about.
for name in [name for name in os.environ if name.endswith("_URL") and name != "DATABASE_URL"]:
    del os.environ[name]
os.environ["GATEWAY_URL"] = ""
# All that the tests ask comes from one client.
os.environ["THROTTLE_FACTOR"] = "10000"

django.setup()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", default=None):
        # The processes that run the tests find their settings by this file, each with databases of its own, and not by
        # a variable that they inherit, which would be read before.
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def database_server() -> Iterator[None]:
    """A PostgreSQL server: the one of DATABASE_URL, or an embedded one."""
    if SERVER.url != GIVEN:
        yield
    else:
        with SERVER.running():
            yield


@pytest.fixture(scope="session")
def django_db_setup(database_server: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database for every module, made and migrated as in production, and dropped at the end."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from seamline.databases.provision import drop

    with django_db_blocker.unblock():
        call_command("migrate_all", verbosity=0)
        yield
        connections.close_all()
        drop(settings.DATABASE_SERVER, settings.PROVISIONED)


@pytest.fixture
def databases() -> list[str]:
    """The aliases of every database of this deployable."""
    from django.conf import settings

    return list(settings.DATABASES)
