"""A module with data of its own leaves a project that was there before: a service, asked through the project."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.conninfo import conninfo_to_dict

from conftest import GIVEN
from extraction.processes import runner
from extraction.updating import rewriting
from extraction.writing import written_record
from tests.processes import REPOSITORY, Deployable
from tests.stages.project import SERVERS, Browser, Clinic
from tests.waiting import eventually

STAFF = """
from django.contrib.auth.models import Permission
from people.models import Person
eve, ann = Person.objects.get(username="eve"), Person.objects.create_user("ann", password="secret")
eve.user_permissions.add(Permission.objects.get(codename="add_letter"))
"""


def extract(clinic: Clinic, into: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return tool(clinic, "extract", "letters", "--into", str(into), "--server", GIVEN, *options)


OLD = "from letters.models import Letter; Letter.objects.create(invoice=1, text='Old')"


def tool(clinic: Clinic, *arguments: str) -> "subprocess.CompletedProcess[str]":
    settings = clinic.environment | {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'src'}"}
    command = [sys.executable, "-m", "extraction", *arguments, "--root", str(clinic.root)]
    return subprocess.run(command, cwd=clinic.root.parent, env=settings, capture_output=True, text=True)


def take_along(clinic: Clinic, service: Deployable, database: str) -> None:
    """Copy the module's rows out of its schema in the common database."""
    runner.run(service.root, "migrate", "manage.py", "migrate_all", settings=service.settings)
    place = conninfo_to_dict(GIVEN)
    base = f"postgresql://{place['user']}:{place.get('password', '')}@/{{}}?host={place['host']}&port={place['port']}"
    here = f"{base.format(clinic.name)}&options=-csearch_path%3Dletters"
    done = tool(clinic, "data", "copy", "--app", "letters", "--from", here, "--to", base.format(database))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def service(clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployable]:
    """The service, beside the project, which knows of it."""
    folder = tmp_path_factory.mktemp("left") / "letters-service"
    done = extract(clinic, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "it starts, and answers" in done.stdout
    clinic.manage("shell", "-v0", "-c", STAFF)
    own = {"DATABASE_URL": GIVEN, "DATABASE_PREFIX": f"{clinic.name}_left"}
    running = Deployable(folder, folder.with_suffix(".log"), **own)
    clinic.manage(
        "shell", "-v0", "-c", "from letters.models import Letter; Letter.objects.create(invoice=1, text='Old')"
    )
    take_along(clinic, running, f"{own['DATABASE_PREFIX']}_letters")
    clinic.environment["LETTERS_URL"] = running.url
    try:
        yield running
    finally:
        running.close()
        del clinic.environment["LETTERS_URL"]
        with psycopg.connect(GIVEN, autocommit=True) as server:
            for kind, column, table in (("DATABASE", "datname", "pg_database"), ("ROLE", "rolname", "pg_roles")):
                names = server.execute(
                    f"SELECT {column} FROM {table} WHERE starts_with({column}, %s)", [own["DATABASE_PREFIX"]]
                )
                for (name,) in names.fetchall():
                    server.execute(f"DROP {kind} {name}{' WITH (FORCE)' if kind == 'DATABASE' else ''}")


@pytest.fixture(scope="module", params=SERVERS)
def browser(request: pytest.FixtureRequest, clinic: Clinic, service: Deployable) -> Iterator[Browser]:
    """Somebody who asks the project, which passes on to the service what is the module's."""
    with clinic.serving(request.param) as visitor:
        service.launch(GATEWAY_URL=visitor.url).until_ready().until_heard()
        visitor.first = 1 if request.param == "runserver" else 2  # type: ignore[attr-defined]
        yield visitor
        service.stop()


def logged_in(browser: Browser, name: str) -> Browser:
    visitor = Browser(browser.url, browser.log)
    visitor.log_in(name)
    return visitor


def test_who_is_logged_in_at_the_project_is_who_asks_at_the_service(browser: Browser) -> None:
    eve, ann, nobody = logged_in(browser, "eve"), logged_in(browser, "ann"), Browser(browser.url, browser.log)
    assert nobody.ask("GET", "/letters/").status == 403
    assert [each.ask("GET", "/letters/").json()["reader"] for each in (eve, ann)] == [1, 2]


def test_rows_that_were_there_before_are_there(browser: Browser) -> None:
    eve = logged_in(browser, "eve")
    assert eve.ask("GET", "/letters/1/").data == b"Old (eve, 1)"


def test_permissions_that_the_project_gives_hold_at_the_service(browser: Browser) -> None:
    eve, ann = logged_in(browser, "eve"), logged_in(browser, "ann")
    assert ann.ask("POST", "/letters/", invoice="7", text="Dear Eve").status == 403
    answer = eve.ask("POST", "/letters/", invoice="7", text="Dear Ann")
    number = answer.json()["letter"]
    assert eve.ask("GET", f"/letters/{number}/").data == b"Dear Ann (eve, 1)"


def test_a_form_without_its_token_is_refused_and_one_with_it_is_not(browser: Browser) -> None:
    eve = logged_in(browser, "eve")
    number = eve.ask("POST", "/letters/", invoice="8", text="First").json()["letter"]
    assert eve.ask("POST", f"/letters/{number}/", text="Second").data == b"Second (eve, 1)"
    del eve.cookies["csrftoken"]
    assert eve.ask("POST", f"/letters/{number}/", text="Third").status == 403
    assert eve.ask("POST", "/letters/", invoice="9", text="Third").status == 403


def test_who_asks_the_service_itself_is_nobody_whatever_they_say(browser: Browser, service: Deployable) -> None:
    key, now = Ed25519PrivateKey.generate(), int(time.time())
    user = {"id": "1", "name": "eve", "staff": True, "superuser": True, "permissions": []}
    claims = {"iss": "clinic", "aud": "user:letters", "req": "", "user": user, "iat": now, "exp": now + 60}
    forged = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "x", "typ": "service+jwt", "iss": "clinic"})
    for given in ({}, {"X-User-Token": forged}, {"X-User-Token": "nonsense"}):
        for url in (service.url, browser.url):
            response = service.client.__class__(url).page("/letters/", **given)
            assert response.status in (401, 403), given


def test_an_event_of_a_module_that_stayed_comes_to_the_service(browser: Browser, clinic: Clinic) -> None:
    eve = logged_in(browser, "eve")
    before = eve.ask("GET", "/letters/").json()["letters"]
    browser.ask("POST", f"/appointments/{browser.first}/settle/")  # type: ignore[attr-defined]
    eventually(lambda: eve.ask("GET", "/letters/").json()["letters"], lambda number: number == before + 1)
    assert clinic.query("SELECT count(*) FROM letters.letters_letter") == [(1,)]


def test_what_was_written_holds_its_own_rules(service: Deployable) -> None:
    settings = (service.root / "src/config/settings.py").read_text()
    assert 'LAYOUT = Layout("", packages={"letters": "letters"}, user_id_type=int)' in settings
    urls = (service.root / "src/config/urls.py").read_text()
    assert 'path("letters/", include("letters.urls")),' in urls
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        done = subprocess.run([sys.executable, "-m", *command], cwd=service.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_an_update_writes_the_same_again(service: Deployable) -> None:
    written = written_record.read(service.root)
    again = {file.path: file.content for file in rewriting.rewrite(written) if written_record.is_kept(file.path)}
    assert again == {file.path: file.content for file in written.files}


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        (
            "letters/module.py",
            "Data.SCHEMA",
            "Data.SHARED",
            "letters is declared: extract takes what has data of its own",
        ),
        ("letters/views.py", "from letters.models", "from clinic import wsgi\nfrom letters.models", "of no module"),
        ("letters/views.py", "from letters.models", "import appointments.models\nfrom letters.models", "appointments"),
    ],
)
def test_what_cannot_leave_yet_is_said_and_nothing_is_written(
    clinic: Clinic,
    tmp_path: Path,
    path: str,
    before: str,
    after: str,
    said: str,
) -> None:
    text = (clinic.root / path).read_text()
    assert before in text
    (clinic.root / path).write_text(text.replace(before, after))
    try:
        done = extract(clinic, tmp_path / "letters-service")
    finally:
        (clinic.root / path).write_text(text)
    assert done.returncode == 1
    assert re.search(said, done.stdout + done.stderr), done.stdout + done.stderr
    assert not any(tmp_path.iterdir())
