"""A marked name, address, password and tokens, all through a shop that runs: nothing that it writes has any of them."""

import base64
import os
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.processes import Deployable, Yard
from tests.shop import Shop, order_of
from tests.waiting import eventually

MARK = uuid4().hex[:12]
EMAIL, NAME, PASSWORD = f"canary-{MARK}@example.com", f"Canary {MARK}", f"password-{MARK}-battery"
_DATABASES = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


@pytest.fixture
def shop(the_yard: Yard, tmp_path: Path) -> Iterator[tuple[Deployable, Path]]:
    """A shop that logs all it can, and the folder to which its mails go, which alone may have the mark."""
    settings = {"LOG_LEVEL": "DEBUG", "EMAIL_URL": f"filemail:///{tmp_path / 'mails'}"}
    counts = the_yard.logs / "canary-metrics"
    counts.mkdir()
    with the_yard.deployable("canary", **settings, PROMETHEUS_MULTIPROC_DIR=str(counts)) as deployable:
        yield deployable.start(), tmp_path / "mails"


def live(deployable: Deployable, mails: Path) -> list[str]:
    """Do what a customer may do, right and wrong; the tokens that came of it."""
    shop = Shop(deployable.client)
    anonymous, credentials = shop.anonymous, {"email": EMAIL, "password": PASSWORD}
    registration = {**credentials, "nickname": NAME}
    for _ in range(2):
        anonymous.post("/users", registration, Idempotency_Key="the-same-twice").expect(201)
    anonymous.post("/users", registration).refused(409)
    anonymous.post("/users", {**registration, "nickname": NAME * 9}).refused(422)
    anonymous.post("/users", {**registration, "unknown": NAME}).refused(422)
    anonymous.post("/auth/token", {**credentials, "password": f"wrong-{MARK}"}).refused(401)
    tokens = anonymous.post("/auth/token", credentials).expect(200)
    anonymous.post("/auth/password/reset", {"email": EMAIL}).expect(202)
    [reset] = eventually(lambda: list(tokens_in(mails)), bool)
    anonymous.post("/auth/password/new", {"token": reset + "x", "password": PASSWORD + "2"}).refused(401)
    tokens = anonymous.post("/auth/password/new", {"token": reset, "password": PASSWORD + "2"}).expect(200)
    customer = anonymous.bearing(tokens["access"])
    customer.patch("/users/me", {"nickname": NAME + "!"}).expect(200)
    customer.post("/orders", order_of((shop.product(stock=2), 1))).expect(201)
    told = eventually(lambda: customer.get("/notifications").expect(200)["results"], lambda found: len(found) > 1)
    assert any(NAME in notice["text"] for notice in told)
    assert EMAIL in customer.get("/personal-data").text
    deployable.client.page(f"/admin/users/user/?q={EMAIL}")
    return [reset, tokens["access"], tokens["refresh"]]


def tokens_in(mails: Path) -> Iterator[str]:
    """The tokens in what was sent, once it is written."""
    for sent in mails.glob("*"):
        words = str(message_from_bytes(sent.read_bytes()).get_payload()).split()
        yield from (word for word in words if word.startswith("eyJ") and word.count(".") == 2)


def rows(deployable: Deployable) -> Iterator[tuple[str, str]]:
    """All rows of all tables of its databases."""
    url, prefix = deployable.settings["DATABASE_URL"], deployable.settings["DATABASE_PREFIX"]
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CHECKPOINT")
        names = [name for (name,) in server.execute(_DATABASES, [prefix])]
    assert len(names) > 6
    for name in names:
        with psycopg.connect(url, dbname=name) as database:
            for (table,) in database.execute(_TABLES).fetchall():
                for (row,) in database.execute(f"SELECT t::text FROM {table} AS t").fetchall():
                    yield f"{name}.{table}", row


def test_nothing_that_is_written_has_a_name_an_address_a_password_or_a_token(
    shop: tuple[Deployable, Path], the_yard: Yard
) -> None:
    deployable, mails = shop
    tokens = live(deployable, mails)
    marks = [MARK, *(token.rpartition(".")[2] for token in tokens)]
    hidden = [MARK.encode().hex(), base64.b64encode(EMAIL.encode()).decode()[4:-4]]

    stored = list(rows(deployable))
    assert any(table.endswith("users_user") for table, _ in stored)
    assert {table for table, row in stored if any(mark in row for mark in (*marks, *hidden))} == set()
    for page in ("/metrics", "/health", "/map.json", "/api/schema"):
        text = deployable.client.page(page).text
        assert not any(mark in text for mark in marks), page
    deployable.stop()
    assert '"password_reset_sent"' in deployable.log.read_text(), "it logs"
    written = [Path(folder, name) for folder, _, names in os.walk(the_yard.logs) for name in names]
    assert {path.name for path in written} > {deployable.log.name, "PG_VERSION"}
    contents = ((path, _content(path)) for path in written)
    assert [str(path) for path, content in contents if any(mark.encode() in content for mark in marks)] == []


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # a server's socket, and what it removed meanwhile
        return b""
