"""A Django project that was there before the runtime, under its own servers, with its modules at several stages."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from tests.stages.project import SERVERS, Browser, Clinic
from tests.waiting import eventually


@pytest.fixture(scope="module", params=SERVERS)
def browser(request: pytest.FixtureRequest, clinic: Clinic) -> Iterator[Browser]:
    with clinic.serving(request.param) as visitor:
        visitor.first = 1 if request.param == "runserver" else 5  # type: ignore[attr-defined]
        yield visitor


def test_its_own_pages_and_permissions_go_on_as_before(browser: Browser) -> None:
    stranger = Browser(browser.url, browser.log)
    assert stranger.ask("GET", "/api/appointments/").status == 403
    assert stranger.ask("GET", "/appointments/").headers["Location"] == "/login/?next=/appointments/"
    stranger.log_in("eve")
    assert stranger.ask("GET", "/appointments/").data == b"eve (1): 1, 2, 3, 4, 5, 6, 7, 8"
    assert stranger.ask("GET", "/api/appointments/").json() == {"appointments": [*range(1, 9)]}
    assert stranger.ask("GET", "/nowhere/%00").status == 404, "it refuses nothing that the project takes"


def test_a_declared_module_is_called_and_its_event_comes_to_a_module_with_own_data(
    browser: Browser, clinic: Clinic
) -> None:
    first = browser.first  # type: ignore[attr-defined]
    settled = browser.ask("POST", f"/appointments/{first}/settle/").json()
    assert settled["owed"] == 100 * first
    again = browser.ask("POST", f"/appointments/{first}/settle/")
    assert (again.status, again.json()) == (409, {"code": "billing.already_charged", "appointment": first})
    letters = f"SELECT text FROM letters.letters_letter WHERE invoice = {settled['invoice']}"
    assert eventually(lambda: clinic.query(letters), bool) == [(f"You owe {100 * first} cents",)]


def test_a_command_in_a_transaction_is_warned_of_and_rolls_back_with_it(browser: Browser, clinic: Clinic) -> None:
    second = browser.first + 1  # type: ignore[attr-defined]
    answer = browser.ask("POST", f"/appointments/{second}/settle-together/?undo=1")
    assert answer.json()["owed"] == 100 * second
    assert clinic.query(f"SELECT count(*) FROM billing_invoice WHERE appointment_id = {second}") == [(0,)]
    said = browser.log.read_text()
    assert re.search(r"command_in_transaction.*billing/v1/charge.*appointments/views\.py", said)


def test_where_its_manifest_says_so_a_command_in_a_transaction_is_refused(clinic: Clinic) -> None:
    manifest = clinic.root / "clinic/billing/module.py"
    before = manifest.read_text()
    manifest.write_text(before.replace("guards=Guards.WARN", "guards=Guards.REFUSE"))
    try:
        done = clinic.run("shell", "-v0", "-c", TOGETHER)
    finally:
        manifest.write_text(before)
    assert "TransactionOpen" in done.stderr


TOGETHER = """
from django.db import transaction
from seamline.calls import call
from contracts.billing import Billing
with transaction.atomic():
    call(Billing).charge(3, 1)
"""


def test_nobody_but_its_role_reaches_the_tables_of_a_module_with_own_data(clinic: Clinic) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        clinic.query("SELECT * FROM letters.letters_letter", clinic.name, "clinic")
    password = clinic.manage(
        "shell", "-v0", "-c", "from django.conf import settings; print(settings.DATABASES['letters']['PASSWORD'])"
    ).split()[0]
    role = f"{clinic.name}_letters"
    assert clinic.query("SELECT count(*) >= 0 FROM letters.letters_letter", role, password) == [(True,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        clinic.query("SELECT * FROM public.billing_invoice", role, password)


def test_what_is_added_to_the_settings_is_said(clinic: Clinic) -> None:
    said = clinic.manage("check")
    assert "added to MIDDLEWARE: seamline.runtime.project.ProjectMiddleware" in said
    assert "added to DATABASE_ROUTERS" in said


def test_its_own_tests_go_on(clinic: Clinic) -> None:
    assert "OK" in clinic.manage("test", "--noinput")


def test_production_needs_no_setting_of_the_runtime_until_a_module_lives_elsewhere(clinic: Clinic) -> None:
    clinic.manage("check", CLINIC_DEBUG="no")
    refused = clinic.run("check", CLINIC_DEBUG="no", BILLING_URL="http://127.0.0.1:9")
    assert "SERVICE_PRIVATE_KEY" in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('    "seamline",\n', "", "INSTALLED_APPS lacks the runtime: add 'seamline' to it"),
        ("django.db.backends.postgresql", "django.db.backends.sqlite3", "modules need PostgreSQL"),
        ("USE_TZ = True", "CALLS = 3", "CALLS is 3: it has to be of the kind that the runtime reads"),
    ],
)
def test_settings_that_will_not_do_are_refused_in_a_line(clinic: Clinic, before: str, after: str, said: str) -> None:
    settings = clinic.root / "clinic/settings.py"
    text = settings.read_text()
    assert before in text
    settings.write_text(text.replace(before, after))
    try:
        refused = clinic.run("check")
    finally:
        settings.write_text(text)
    assert refused.returncode == 1
    assert said in refused.stderr.splitlines()[-1]
