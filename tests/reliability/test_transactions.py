"""Where a module's transactions begin."""

import time

import pytest
from django.conf import settings
from django.db import connections
from django.db.utils import DatabaseError

from seamline.context import Context, entered
from seamline.contract import DeadlineExceeded
from seamline.databases import cursor, transaction
from seamline.module import active

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
MODULES = sorted(active())


def test_no_work_begins_for_a_caller_who_has_given_up() -> None:
    with (
        entered(Context(deadline=time.monotonic() - 0.001)),
        pytest.raises(DeadlineExceeded) as late,
        transaction(MODULES[0]),
    ):
        pytest.fail("the work began")
    assert late.value.module == MODULES[0]


def test_an_inner_transaction_that_fails_leaves_the_outer_one_whole() -> None:
    with transaction(MODULES[0]), cursor(MODULES[0]) as sql:
        with pytest.raises(DatabaseError), transaction(MODULES[0]):
            sql.execute("SELECT 1 / 0")
        sql.execute("SELECT 1")
        assert sql.fetchone() == (1,)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_logs_in_as_itself_and_cannot_open_another_modules_database(module: str) -> None:
    import psycopg

    mine = connections[module].settings_dict
    with cursor(module) as sql:
        sql.execute("SELECT current_user, current_database()")
        assert sql.fetchone() == (mine["USER"], mine["NAME"])
    for other in settings.DATABASES:
        if other != module:
            login = {**connections[module].get_connection_params(), "dbname": connections[other].settings_dict["NAME"]}
            login.pop("cursor_factory", None)
            login.pop("context", None)
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(**login)
