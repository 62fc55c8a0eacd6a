from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import make_password
from django.core.mail import EmailMessage
from django.db import connections
from django.test import Client

from contracts.users import Profile, UnknownUser, UserRegistered, Users
from modules.users import service
from modules.users.accounts import ACCOUNTS
from modules.users.errors import EmailTaken
from modules.users.models import User
from seamline.accounts import BadConfirmationToken, BadCredentials, BadResetToken, WeakPassword, mails
from seamline.calls import call
from seamline.http import principal
from seamline.testing import captured_events

pytestmark = pytest.mark.django_db(databases=["users"])
PASSWORD = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return service.register(uuid4(), "Ada@Example.com", PASSWORD, "Ada")


def test_registering_opens_an_account_and_tells_of_it() -> None:
    with captured_events(UserRegistered) as published:
        ada = service.register(uuid4(), "ada@example.com", PASSWORD, "Ada")
        assert published() == [UserRegistered(ada.id, "Ada")]
    assert call(Users).profile(ada.id) == Profile(ada.id, "Ada")


def test_an_email_has_one_account_however_it_is_written(ada: User) -> None:
    with pytest.raises(EmailTaken):
        service.register(uuid4(), "ADA@example.COM", PASSWORD, "Impostor")


def test_the_same_request_again_finds_its_own_account(ada: User) -> None:
    assert service.register(ada.id, "ada@example.com", PASSWORD, "Ada").created_at == ada.created_at


@pytest.mark.parametrize("password", ["password", "1234567890", "short"])
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        service.register(uuid4(), "eve@example.com", password, "Eve")
    assert not User.objects.filter(email="eve@example.com").exists()


def test_passwords_are_not_stored(ada: User) -> None:
    assert PASSWORD not in User.objects.get(id=ada.id).password


def test_logging_in_gives_a_token_that_speaks_for_the_user(ada: User) -> None:
    User.objects.filter(id=ada.id).update(scopes="orders:write users:read")
    who = principal(ACCOUNTS.log_in("Ada@example.com", PASSWORD, "127.0.0.1").access)
    assert (who.id, who.scopes) == (ada.id, {"orders:write", "users:read"})


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_wrong_credentials_are_refused_alike(ada: User, email: str, password: str) -> None:
    with pytest.raises(BadCredentials):
        ACCOUNTS.log_in(email, password, "127.0.0.1")


def test_a_closed_account_can_neither_log_in_nor_refresh(ada: User) -> None:
    tokens = ACCOUNTS.log_in("ada@example.com", PASSWORD, "127.0.0.1")
    User.objects.filter(id=ada.id).update(is_active=False)
    with pytest.raises(BadCredentials):
        ACCOUNTS.log_in("ada@example.com", PASSWORD, "127.0.0.1")
    with pytest.raises(BadCredentials):
        ACCOUNTS.refresh(tokens.refresh)
    with pytest.raises(UnknownUser):
        call(Users).profile(ada.id)


def test_refreshing_gives_the_scopes_of_now(ada: User) -> None:
    tokens = ACCOUNTS.log_in("ada@example.com", PASSWORD, "127.0.0.1")
    User.objects.filter(id=ada.id).update(scopes="catalog:write")
    assert principal(ACCOUNTS.refresh(tokens.refresh).access).may("catalog:write")


def asked_for_a_token(mailoutbox: list[EmailMessage], email: str) -> str:
    """The token that was sent, to the address that Ada registered with, whatever was asked for."""
    ACCOUNTS.send_reset(email)
    mails.wait(10)
    [mail] = mailoutbox
    assert mail.to == ["ada@example.com"]
    return next(line for line in mail.body.splitlines() if line.count(".") == 2 and " " not in line)


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_a_forgotten_password_is_replaced_by_a_token_that_is_good_once(
    ada: User, mailoutbox: list[EmailMessage]
) -> None:
    log_in = ACCOUNTS.log_in("ada@example.com", PASSWORD, "127.0.0.1")
    token = asked_for_a_token(mailoutbox, "ADA@example.com")
    with pytest.raises(WeakPassword):
        ACCOUNTS.reset_password(token, "ada@example.com")
    ACCOUNTS.reset_password(token, "another horse battery")
    for used in (token, token[:-5] + "xxxxx"):
        with pytest.raises(BadResetToken):
            ACCOUNTS.reset_password(used, "a third horse battery")
    with pytest.raises(BadCredentials):
        ACCOUNTS.refresh(log_in.refresh)
    ACCOUNTS.log_in("ada@example.com", "another horse battery", "127.0.0.1")


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_a_stranger_is_sent_nothing(ada: User, mailoutbox: list[EmailMessage]) -> None:
    ACCOUNTS.send_reset("nobody@example.com")
    mails.wait(10)
    assert mailoutbox == []


def test_a_password_that_was_hashed_as_it_is_no_more_is_hashed_anew_at_a_log_in(ada: User) -> None:
    User.objects.filter(id=ada.id).update(password=make_password(PASSWORD, hasher="scrypt"))
    ACCOUNTS.log_in("ada@example.com", PASSWORD, "127.0.0.1")
    assert not User.objects.get(id=ada.id).password.startswith("scrypt")


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_a_token_goes_to_the_address_that_is_stored_not_to_one_that_is_like_it(mailoutbox: list[EmailMessage]) -> None:
    service.register(uuid4(), "kate@example.com", PASSWORD, "Kate")
    ACCOUNTS.send_reset("\N{KELVIN SIGN}ate@example.com")
    mails.wait(10)
    assert [mail.to for mail in mailoutbox] == [["kate@example.com"]]


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_of_those_who_use_a_token_at_one_instant_one_chooses_the_password(
    ada: User, mailoutbox: list[EmailMessage]
) -> None:
    token, together = asked_for_a_token(mailoutbox, "ada@example.com"), Barrier(6)

    def use(number: int) -> str | None:
        together.wait()
        try:
            ACCOUNTS.reset_password(token, f"another horse battery {number}")
        except BadResetToken:
            return None
        finally:
            connections.close_all()
        return f"another horse battery {number}"

    with ThreadPoolExecutor(6) as pool:
        [chosen] = filter(None, pool.map(use, range(6)))
    ACCOUNTS.log_in("ada@example.com", chosen, "127.0.0.1")


def registered_by_mail(mailoutbox: list[EmailMessage], email: str) -> str:
    """What the mail says that follows a registration."""
    ACCOUNTS.register(email, PASSWORD, {"nickname": "Eve"})
    mails.wait(10)
    mail = mailoutbox.pop()
    assert mail.to == [email.lower()]
    return str(mail.body)


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_a_confirmed_address_opens_an_account_once(mailoutbox: list[EmailMessage]) -> None:
    said = registered_by_mail(mailoutbox, "Eve@example.com")
    assert not User.objects.exists(), "nothing is stored until then"
    [token] = (line for line in said.splitlines() if line.startswith("gAAAA"))
    with captured_events(UserRegistered) as published:
        who = principal(ACCOUNTS.confirm(token).access)
        assert published() == [UserRegistered(who.id, "Eve")]
    ACCOUNTS.log_in("eve@example.com", PASSWORD, "127.0.0.1")
    for used in (token, token[:-5] + "xxxxx", "é"):
        with pytest.raises(BadConfirmationToken):
            ACCOUNTS.confirm(used)


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_who_has_an_account_is_told_so_by_mail_and_nobody_else_is(ada: User, mailoutbox: list[EmailMessage]) -> None:
    said = registered_by_mail(mailoutbox, "ADA@example.com")
    assert "has one already" in said and "gAAAA" not in said
    with pytest.raises(WeakPassword):
        ACCOUNTS.register("ada@example.com", "ada@example.com", {"nickname": "Ada"})


@pytest.mark.django_db(databases=["users"], transaction=True)
def test_of_two_who_wait_for_one_address_the_first_gets_it(mailoutbox: list[EmailMessage]) -> None:
    said = [registered_by_mail(mailoutbox, "eve@example.com") for _ in range(2)]
    first, second = (next(line for line in text.splitlines() if line.startswith("gAAAA")) for text in said)
    ACCOUNTS.confirm(second)
    with pytest.raises(BadConfirmationToken):
        ACCOUNTS.confirm(first)


def test_there_is_no_other_way_where_addresses_are_confirmed(client: Client, settings: LazySettings) -> None:
    settings.ACCOUNTS_CONFIRM_EMAIL = True
    body = {"email": "eve@example.com", "password": PASSWORD, "nickname": "Eve"}
    answer = client.post("/api/v1/users", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.confirmation_required")
    assert not User.objects.exists()
