"""A Django project that was there before the runtime, under its own servers, with its modules at several stages."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import urllib3
from psycopg.conninfo import conninfo_to_dict

from conftest import GIVEN
from tests.processes import REPOSITORY, answers, environment, free_port
from tests.waiting import eventually

PROJECT = Path(__file__).with_name("clinic_project")
SERVERS = {
    "runserver": ["manage.py", "runserver", "--noreload"],
    "gunicorn": ["-m", "gunicorn", "clinic.wsgi", "--threads", "2", "--bind"],
}


class Clinic:
    """The project in a folder of its own, with a database that its login owns."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("__pycache__"))
        self.root = root
        self.name = f"clinic_{os.getpid()}_{secrets.token_hex(3)}"
        given = conninfo_to_dict(GIVEN)
        self.environment = environment(
            PYTHONPATH=f"{root}{os.pathsep}{REPOSITORY / 'src'}",
            DATABASE_PREFIX=self.name,
            CLINIC_DB_NAME=self.name,
            CLINIC_DB_USER=self.name,
            CLINIC_DB_PASSWORD="clinic",
            CLINIC_DB_HOST=str(given.get("host", "")),
            CLINIC_DB_PORT=str(given.get("port", "")),
        )

    def manage(self, *arguments: str, **settings: str) -> str:
        done = self.run(*arguments, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def run(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *arguments]
        env = self.environment | settings
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True)

    @contextmanager
    def serving(self, server: str) -> Iterator["Browser"]:
        port = free_port()
        log = self.root / f"{server}.log"
        command = [sys.executable, *SERVERS[server], f"127.0.0.1:{port}"]
        with log.open("ab") as out:
            process = subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=out, stderr=out)
        try:
            eventually(lambda: answers(port) or process.poll() is not None, bool)
            assert process.poll() is None, log.read_text()
            yield Browser(f"http://127.0.0.1:{port}", log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def query(self, statement: str, user: str | None = None, password: str = "") -> list[tuple[Any, ...]]:
        login = {"user": user, "password": password} if user else {}
        with psycopg.connect(GIVEN, dbname=self.name, autocommit=True, **login) as connection:
            return connection.execute(statement).fetchall()


class Browser:
    """Keeps cookies."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log, self.cookies = url, log, dict[str, str]()

    def ask(self, method: str, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST" and "csrftoken" in self.cookies:
            fields["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
        response = urllib3.request(method, self.url + path, fields=fields, headers=headers, redirect=False, timeout=60)
        for cookie in response.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response

    def log_in(self, name: str) -> None:
        self.ask("GET", "/login/")
        assert self.ask("POST", "/login/", username=name, password="secret").status == 302


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


def test_where_its_manifest_says_so_a_command_in_a_transaction_is_refused(clinic: Clinic, tmp_path: Path) -> None:
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
