"""Log-in for whoever knows the users: here a module `notes`, which keeps them in a list."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from seamline import accounts
from seamline.accounts import Account, Accounts, BadCredentials, WeakPassword, hash_password, passwords, tokens
from seamline.http import principal

pytestmark = pytest.mark.django_db(databases=["notes"])
PASSWORD = "correct horse battery"
EMAIL = "member@example.com"
MEMBER = Account(uuid4(), hash_password(PASSWORD), "parcels:write depots:read")


class Members:
    """Who has an account: an e-mail address, and what is behind it."""

    def __init__(self, **members: Account) -> None:
        self.members = members

    def find_by_email(self, email: str) -> Account | None:
        return self.members.get(email)

    def find_by_id(self, user_id: UUID) -> Account | None:
        return next((member for member in self.members.values() if member.id == user_id), None)

    def store_password(self, user_id: UUID, hashed: str) -> None:
        raise NotImplementedError("no test changes one")


@pytest.fixture(autouse=True)
def lifetimes(settings: Any) -> dict[str, str]:
    """How long tokens are good for, which a test may change."""
    settings.MODULE_SETTINGS = {"notes": {"ACCESS_MINUTES": "15", "REFRESH_DAYS": "14"}}
    given: dict[str, str] = settings.MODULE_SETTINGS["notes"]
    return given


@pytest.fixture
def members() -> Accounts:
    return Accounts("notes", Members(**{EMAIL: MEMBER}))


def test_a_token_speaks_for_the_user_with_their_scopes(members: Accounts) -> None:
    who = principal(members.log_in(EMAIL, PASSWORD, "127.0.0.1").access)
    assert (who.id, who.scopes) == (MEMBER.id, {"parcels:write", "depots:read"})


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD)])
def test_wrong_credentials_are_refused_alike(members: Accounts, email: str, password: str) -> None:
    with pytest.raises(BadCredentials):
        members.log_in(email, password, "127.0.0.1")


def test_a_password_is_checked_for_nobody_too(members: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    check = passwords.check_password
    monkeypatch.setattr(
        passwords, "check_password", lambda given, kept, *more: checked.append(kept) or check(given, kept, *more)
    )
    with pytest.raises(BadCredentials):
        members.log_in("nobody@example.com", PASSWORD, "127.0.0.1")
    assert len(checked) == 1


def test_whoever_has_no_account_any_more_gets_no_new_token(members: Accounts) -> None:
    refresh = members.log_in(EMAIL, PASSWORD, "127.0.0.1").refresh
    with pytest.raises(BadCredentials):
        Accounts("notes", Members()).refresh(refresh)


def test_refreshing_gives_the_scopes_of_now(members: Accounts) -> None:
    refresh = members.log_in(EMAIL, PASSWORD, "127.0.0.1").refresh
    later = Accounts("notes", Members(**{EMAIL: Account(MEMBER.id, MEMBER.password, "notes:read")}))
    assert principal(later.refresh(refresh).access).scopes == {"notes:read"}


def test_neither_token_serves_for_the_other(members: Accounts) -> None:
    issued = members.log_in(EMAIL, PASSWORD, "127.0.0.1")
    with pytest.raises(BadCredentials):
        members.refresh(issued.access)
    with pytest.raises(AuthenticationFailed):
        principal(issued.refresh)


def test_tokens_are_good_for_as_long_as_the_modules_settings_say(members: Accounts, lifetimes: dict[str, str]) -> None:
    lifetimes |= {"ACCESS_MINUTES": "5", "REFRESH_DAYS": "2"}
    issued = members.log_in(EMAIL, PASSWORD, "127.0.0.1")
    read = [jwt.decode(one, options={"verify_signature": False}) for one in (issued.access, issued.refresh)]
    assert [claims["exp"] - claims["iat"] for claims in read] == [300, 2 * 86_400]
    assert issued.expires_in == 300


def test_a_forged_token_is_refused(members: Accounts) -> None:
    token = members.log_in(EMAIL, PASSWORD, "127.0.0.1").access
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    forged = jwt.encode(claims | {"scope": "notes:write"}, "a" * 32, algorithm="HS256", headers={"kid": kid})
    with pytest.raises(AuthenticationFailed):
        principal(forged)


@pytest.mark.parametrize("password", ["password", "1234567890", "short"])
def test_a_password_that_is_easy_to_guess_is_not_hashed(password: str) -> None:
    with pytest.raises(WeakPassword):
        hash_password(password)


@pytest.mark.parametrize(
    ("password", "email"),
    [
        ("hildegund", "hildegund@example.com"),
        ("Margaret1906", "margaret.h@example.com"),
        ("system-42", "m@example.com"),
    ],
)
def test_a_password_made_of_what_is_known_of_its_owner_is_not_hashed(password: str, email: str, settings: Any) -> None:
    settings.SERVICE_NAME = "system"
    with pytest.raises(WeakPassword, match="is like your name, your e-mail address or the name of this service"):
        hash_password(password, email)


@pytest.mark.parametrize("password", ["margaret and the seven seas", "correct horse battery", "m-example-42"])
def test_a_password_with_more_to_it_is_taken(password: str) -> None:
    assert hash_password(password, "margaret@x.org")


@pytest.mark.parametrize(("name", "value"), [("ACCESS_MINUTES", "soon"), ("REFRESH_DAYS", "-1")])
def test_settings_that_will_not_do_are_told_by_their_names(name: str, value: str, lifetimes: dict[str, str]) -> None:
    lifetimes[name] = value
    with pytest.raises(ImproperlyConfigured, match=f"NOTES_{name} is '{value}'"):
        tokens.check_settings("notes")


def test_without_a_private_key_nothing_is_issued(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.JWT_PRIVATE_KEY = None
    monkeypatch.setattr(tokens, "_signing_key", tokens._signing_key.__wrapped__)
    with pytest.raises(ImproperlyConfigured, match="JWT_PRIVATE_KEY"):
        tokens.check_settings("notes")


@pytest.mark.parametrize(
    ("view", "body", "status"),
    [
        ("TokenView", {"email": EMAIL, "password": PASSWORD}, 200),
        ("TokenView", {"email": EMAIL, "password": "wrong"}, 401),
        ("TokenView", {"email": EMAIL}, 422),
        ("RefreshView", {"refresh": "nonsense"}, 401),
    ],
    ids=str,
)
def test_a_modules_endpoints_are_two_lines_each(
    members: Accounts, view: str, body: dict[str, Any], status: int
) -> None:
    own = type(view, (getattr(accounts, view),), {"accounts": members})
    request = APIRequestFactory().post("/", body, format="json")
    assert own.as_view()(request).status_code == status


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password", "username": EMAIL, "password": PASSWORD}, 200, None),
        ({"username": EMAIL, "password": PASSWORD}, 200, None),
        ({"grant_type": "password", "username": EMAIL, "password": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials", "username": EMAIL, "password": PASSWORD}, 400, "unsupported_grant_type"),
        ({"grant_type": "password", "username": EMAIL}, 400, "invalid_request"),
        ({"username": "x" * 255, "password": PASSWORD}, 400, "invalid_request"),
        ({"username": "x\0", "password": PASSWORD}, 400, "invalid_request"),
    ],
    ids=str,
)
def test_a_form_is_exchanged_for_a_token(
    members: Accounts, form: dict[str, str], status: int, error: str | None
) -> None:
    view = type("FormView", (accounts.OAuth2TokenView,), {"accounts": members})
    # Swagger's page sends the name of a client along, which is nobody.
    request = APIRequestFactory().post(
        "/", urlencode(form), content_type="application/x-www-form-urlencoded", headers={"Authorization": "Basic Og=="}
    )
    answer = view.as_view()(request)
    said = json.loads(answer.content)
    assert (answer.status_code, said.get("error"), answer["Cache-Control"]) == (status, error, "no-store")
    if status == 200:
        assert principal(said["access_token"]).id == MEMBER.id
        assert said["token_type"] == "Bearer"


def test_a_form_is_a_form_and_of_some_length(members: Accounts) -> None:
    view = type("FormView", (accounts.OAuth2TokenView,), {"accounts": members})
    assert view.as_view()(APIRequestFactory().post("/", {}, format="json")).status_code == 415
    long = APIRequestFactory().post("/", "a" * 9000, content_type="application/x-www-form-urlencoded")
    assert view.as_view()(long).status_code == 413
