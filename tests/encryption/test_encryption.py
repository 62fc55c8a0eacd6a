"""What is personal is encrypted where it is stored, found by a digest, and its keys rotate while all goes on."""

import os
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings, settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from environ import Env

from modules.users import service
from modules.users.accounts import ACCOUNTS
from modules.users.errors import EmailTaken
from modules.users.models import User
from seamline.configuration.data_keys import data_keys
from seamline.databases import execute, fetch
from seamline.encryption import CannotDecrypt, cipher, decrypt, encrypt
from seamline.events.models import OutboxMessage
from seamline.module import active
from seamline.personal_data import rotation
from tests.commands import run
from tests.deliveries import deliver_all

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
EMAIL, NICKNAME, PASSWORD = "canary-7f3a@example.com", "Canary-7f3a", "correct horse battery"
OLD, NEW = (bytes([number]) * 32 for number in (1, 2))
Keys = Callable[..., None]


@pytest.fixture
def use(settings: LazySettings) -> Keys:
    """Have other keys from here on; for none, nothing is encrypted."""

    def use(*keys: bytes) -> None:
        settings.PERSONAL_DATA_KEYS, settings.PERSONAL_DATA_ENCRYPTED = keys, bool(keys)

    return use


@pytest.fixture
def canary(use: Keys) -> UUID:
    """Somebody with a marked name, whom several modules know, under the old key."""
    use(OLD)
    return registered()


def registered() -> UUID:
    service.register(user_id := uuid4(), EMAIL, PASSWORD, NICKNAME)
    deliver_all()
    return user_id


def stored(text: str) -> Iterator[str]:
    """Where a text is stored, in any column of any table of any database."""
    for module in {*active(), "default"}:
        for table in connections[module].introspection.table_names():
            with connections[module].cursor() as sql:
                sql.execute(f'SELECT t::text FROM "{table}" AS t')
                if any(text in row for (row,) in sql.fetchall()):
                    yield f"{module}.{table}"


def key_ids() -> set[str]:
    email, email_digest, nickname = fetch("users", "SELECT email, email_digest, nickname FROM users_user")[0]
    [payload] = {row[0] for row in fetch("users", "SELECT left(payload, 12) FROM seamline_outbox")}
    [text] = {row[0] for row in fetch("notifications", "SELECT text FROM notifications_notification")}
    return {*(value.split(":")[1] for value in (email, nickname, payload, text)), email_digest.split(":")[0]}


def id_of(key: bytes) -> str:
    return cipher.Key.of(key).id


def test_who_is_stored_is_found_by_whole_address_and_by_nothing_else(canary: UUID) -> None:
    assert ACCOUNTS.log_in(EMAIL.upper(), PASSWORD, "127.0.0.1").access
    assert User.objects.get(id=canary).email == EMAIL
    assert set(stored("7f3a")) == set()
    with pytest.raises(FieldError, match="email is encrypted"):
        User.objects.filter(email__startswith="c").exists()
    with pytest.raises(EmailTaken):
        service.register(uuid4(), EMAIL.upper(), PASSWORD, "Impostor")


def test_keys_rotate_and_what_is_stored_stays_readable_and_unique(canary: UUID, use: Keys) -> None:
    use(NEW, OLD)
    assert ACCOUNTS.log_in(EMAIL, PASSWORD, "127.0.0.1").access, "by the older digest"
    with pytest.raises(EmailTaken):
        service.register(uuid4(), EMAIL, PASSWORD, "Impostor")
    assert key_ids() == {id_of(OLD)}
    assert run("personal_data", "rotate").status == 0
    assert key_ids() == {id_of(NEW)}
    assert run("personal_data", "rotate").out.startswith("0 rows")
    use(NEW)
    assert ACCOUNTS.log_in(EMAIL, PASSWORD, "127.0.0.1").access
    assert User.objects.get(id=canary).nickname == NICKNAME


def test_what_was_stored_before_there_were_keys_is_read_and_then_encrypted(use: Keys) -> None:
    use()
    registered()
    assert "users.users_user" in set(stored("7f3a"))
    use(NEW)
    assert ACCOUNTS.log_in(EMAIL, PASSWORD, "127.0.0.1").access
    with pytest.raises(EmailTaken):
        service.register(uuid4(), EMAIL, PASSWORD, "Impostor")
    assert run("personal_data", "rotate").status == 0
    assert set(stored("7f3a")) == set()


def test_a_rotation_that_was_ended_goes_on_chunk_by_chunk(use: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    use(OLD)
    for number in range(5):
        User.objects.create(email=f"user-{number}@example.com", password="", nickname=str(number))
    use(NEW, OLD)
    monkeypatch.setattr(rotation, "CHUNK_ROWS", 2)

    def end(table: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(["users"], end)
    assert rotation.rotate(["users"]) == 3, "two were done"
    assert {row.nickname for row in User.objects.all()} == {*"01234"}


def test_without_its_key_a_value_is_an_error_that_says_which(canary: UUID, use: Keys) -> None:
    use(NEW)
    with pytest.raises(CannotDecrypt, match=f"the key {id_of(OLD)}, which PERSONAL_DATA_KEYS lacks"):
        User.objects.get(id=canary)
    told = run("personal_data", "rotate")
    assert told.status == 1 and id_of(OLD) in told.err
    use(OLD)
    execute("users", "UPDATE users_user SET nickname = left(nickname, -5) || 'AAAA='")
    with pytest.raises(CannotDecrypt, match="changed since"):
        User.objects.get(id=canary)


def test_an_event_whose_key_is_gone_waits_as_a_dead_letter_and_no_other_does(use: Keys) -> None:
    use(OLD)
    service.register(uuid4(), EMAIL, PASSWORD, NICKNAME)
    use(NEW)
    service.register(uuid4(), "eve@example.com", PASSWORD, "Eve")
    deliver_all()
    states = OutboxMessage.objects.using("users").order_by("id").values_list("state", flat=True)
    assert list(states) == ["dead", "done"]


def test_without_keys_there_is_nothing_to_rotate(use: Keys) -> None:
    use()
    told = run("personal_data", "rotate")
    assert told.status == 2 and "set PERSONAL_DATA_KEYS" in told.err


def test_the_same_is_never_stored_twice_alike() -> None:
    one, other = encrypt(EMAIL), encrypt(EMAIL)
    assert one != other and decrypt(one) == decrypt(other) == EMAIL


@pytest.mark.parametrize("keys", ["nonsense", "AAAA", ",".join(["A" * 43 + "="] * 2)], ids=["text", "short", "twice"])
def test_keys_that_are_none_are_refused(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PERSONAL_DATA_KEYS", keys)
    with pytest.raises(ImproperlyConfigured, match="PERSONAL_DATA_KEYS"):
        data_keys(Env(), development=True, required=True)


def test_users_of_before_get_their_digests_from_the_migration(use: Keys) -> None:
    connection = connections["users"]
    MigrationExecutor(connection).migrate([("users", "0001_initial")])
    execute(
        "users",
        "INSERT INTO users_user (id, email, password, nickname, scopes, is_active, created_at)"
        " VALUES (gen_random_uuid(), %s, '', 'Ada', '', true, now())",
        [EMAIL],
    )
    MigrationExecutor(connection).migrate([("users", "0002_encrypted")])
    found = ACCOUNTS.directory.find_by_email(EMAIL)
    assert found is not None and found.known == ("Ada",)
    assert User.objects.filter(email_digest__isnull=False).count() == 1
