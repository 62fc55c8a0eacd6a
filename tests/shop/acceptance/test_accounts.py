"""Accounts: registering, logging in, and what a user sees of themselves and of others."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.shop import PASSWORD, Customer, idempotency_key, new_email


def registration(**changes: Any) -> dict[str, Any]:
    return {"email": new_email(), "password": PASSWORD, "nickname": "Grace", **changes}


def test_whoever_registers_has_an_account_and_no_points(anonymous: Client) -> None:
    wanted = registration()
    answer = anonymous.post("/users", wanted)
    account = answer.expect(201)
    assert (account["email"], account["nickname"]) == (wanted["email"], wanted["nickname"])
    assert "password" not in answer.text

    grace = anonymous.log_in(wanted["email"], PASSWORD)
    assert grace.get("/users/me").expect(200) == account
    assert grace.page(answer.headers["Location"]).expect(200) == account
    assert grace.get(f"/users/{account['id']}/points").expect(200)["balance"] == 0


def test_an_email_opens_one_account_however_it_is_written(anonymous: Client, passer_by: Customer) -> None:
    for email in (passer_by.email, passer_by.email.upper()):
        anonymous.post("/users", registration(email=email)).refused(409, "users.email_taken")


def test_registering_again_under_the_same_key_is_no_second_account(anonymous: Client) -> None:
    wanted, key = registration(), idempotency_key()
    first = anonymous.post("/users", wanted, Idempotency_Key=key)
    again = anonymous.post("/users", wanted, Idempotency_Key=key)
    assert again.expect(201) == first.expect(201)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"email": "not an address"}, "$.email"),
        ({"email": 7}, "$.email"),
        ({"email": "İ" * 240 + "@a.bc"}, "$.email"),
        ({"password": "short"}, "$.password"),
        ({"nickname": ""}, "$.nickname"),
        ({"nickname": "x" * 41}, "$.nickname"),
        ({"nickname": None}, "$.nickname"),
    ],
    ids=str,
)
def test_a_registration_that_does_not_fit_is_refused_with_the_field(
    anonymous: Client, changes: dict[str, Any], path: str
) -> None:
    problem = anonymous.post("/users", registration(**changes)).refused(422)
    assert [error["path"] for error in problem["errors"]] == [path]
    assert problem["errors"][0]["message"]


@pytest.mark.parametrize("password", ["12345678901", "password"])
def test_a_password_that_is_easy_to_guess_is_refused(anonymous: Client, password: str) -> None:
    anonymous.post("/users", registration(password=password)).refused(422)


def test_the_demo_logins_work(anonymous: Client) -> None:
    for email in ("ada@example.com", "staff@example.com"):
        me = anonymous.log_in(email, PASSWORD).get("/users/me").expect(200)
        assert me["email"] == email


def test_a_wrong_password_and_an_unknown_email_are_told_the_same(anonymous: Client, passer_by: Customer) -> None:
    wrong = {"email": passer_by.email, "password": "not-the-password"}
    unknown = {"email": new_email(), "password": PASSWORD}
    told = [anonymous.post("/auth/token", credentials).refused(401) for credentials in (wrong, unknown)]
    assert told[0]["code"] == told[1]["code"]
    assert told[0]["detail"] == told[1]["detail"]


def test_a_refresh_token_is_exchanged_for_access(anonymous: Client, passer_by: Customer) -> None:
    tokens = anonymous.post("/auth/token", {"email": passer_by.email, "password": PASSWORD}).expect(200)
    fresh = anonymous.post("/auth/token/refresh", {"refresh": tokens["refresh"]}).expect(200)
    assert anonymous.bearing(fresh["access"]).get("/users/me").expect(200)["id"] == passer_by.id


def test_neither_token_does_for_the_other(anonymous: Client, passer_by: Customer) -> None:
    tokens = anonymous.post("/auth/token", {"email": passer_by.email, "password": PASSWORD}).expect(200)
    anonymous.post("/auth/token/refresh", {"refresh": tokens["access"]}).refused(401)
    anonymous.bearing(tokens["refresh"]).get("/users/me").refused(401)


def test_a_user_changes_their_nickname(customer: Customer) -> None:
    changed = customer.client.patch("/users/me", {"nickname": "Amazing Grace"}).expect(200)
    assert changed["nickname"] == "Amazing Grace"
    assert customer.client.get("/users/me").expect(200) == changed


def test_a_nickname_that_does_not_fit_changes_nothing(passer_by: Customer) -> None:
    passer_by.client.patch("/users/me", {"nickname": ""}).refused(422)
    assert passer_by.client.get("/users/me").expect(200)["nickname"] == passer_by.nickname


def test_others_cannot_be_told_from_nobody(regular: Customer, passer_by: Customer) -> None:
    for stranger in (regular.id, str(uuid4())):
        for path in (f"/users/{stranger}", f"/users/{stranger}/points"):
            passer_by.client.get(path).refused(404)


def test_an_id_is_the_same_in_capitals(passer_by: Customer) -> None:
    account = passer_by.client.get(f"/users/{passer_by.id.upper()}").expect(200)
    assert account["id"] == passer_by.id


def test_registering_by_mail_answers_the_same_whoever_has_an_account(anonymous: Client, passer_by: Customer) -> None:
    for email in (passer_by.email, new_email()):
        answer = anonymous.post("/auth/registration", registration(email=email))
        assert answer.expect(202) == {"accepted": True}
    anonymous.post("/auth/registration", registration(password="password")).refused(422)
    anonymous.post("/auth/registration/confirm", {"token": "none"}).refused(401)


@pytest.mark.parametrize("nickname", [" ", "\u200b", "Ada\u202eada", "A\x1bda", "A\nda"], ids=ascii)
def test_a_name_shows_what_it_is(anonymous: Client, passer_by: Customer, nickname: str) -> None:
    for answer in (
        anonymous.post("/users", registration(nickname=nickname)),
        passer_by.client.patch("/users/me", {"nickname": nickname}),
    ):
        [error] = answer.refused(422)["errors"]
        assert (error["path"], error["message"][:30]) == ("$.nickname", "Expected text that is not blan")
