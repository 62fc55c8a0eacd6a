"""From log-in to log-out: a refresh token is good once, and whoever has stolen one does not keep it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tests.client import Answer, Client
from tests.shop import PASSWORD, Customer, Shop, new_email

OTHER = "another horse battery"


def log_in(anonymous: Client, customer: Customer, password: str = PASSWORD) -> dict[str, Any]:
    tokens: dict[str, Any] = anonymous.post("/auth/token", {"email": customer.email, "password": password}).expect(200)
    return tokens


def refresh(anonymous: Client, tokens: dict[str, Any]) -> Answer:
    return anonymous.post("/auth/token/refresh", {"refresh": tokens["refresh"]})


def test_each_refresh_token_is_exchanged_for_the_next(shop: Shop, anonymous: Client) -> None:
    tokens = log_in(anonymous, shop.customer())
    for _ in range(3):
        newer = refresh(anonymous, tokens).expect(200)
        assert newer["refresh"] != tokens["refresh"]
        anonymous.bearing(newer["access"]).get("/users/me").expect(200)
        tokens = newer


def test_a_token_that_comes_long_after_its_successor_was_used_ends_the_log_in(shop: Shop, anonymous: Client) -> None:
    customer = shop.customer()
    stolen, elsewhere = log_in(anonymous, customer), log_in(anonymous, customer)
    second = refresh(anonymous, stolen).expect(200)
    third = refresh(anonymous, second).expect(200)
    refresh(anonymous, stolen).refused(401, "accounts.bad_credentials")
    refresh(anonymous, third).refused(401, "accounts.bad_credentials")
    refresh(anonymous, elsewhere).expect(200)


def test_of_equal_requests_at_one_instant_one_is_answered_and_the_log_in_goes_on(shop: Shop, anonymous: Client) -> None:
    tokens, together = log_in(anonymous, shop.customer()), Barrier(8)

    def ask() -> Answer:
        client = anonymous.afresh()
        together.wait()
        return refresh(client, tokens)

    with ThreadPoolExecutor(8) as pool:
        answers = [asked.result() for asked in [pool.submit(ask) for _ in range(8)]]
    [answered] = [answer for answer in answers if answer.status == 200]
    assert {answer.status for answer in answers} == {200, 401}
    refresh(anonymous, answered.json).expect(200)


def test_who_logs_out_has_to_log_in_again(shop: Shop, anonymous: Client) -> None:
    customer = shop.customer()
    tokens, phone = log_in(anonymous, customer), log_in(anonymous, customer)
    anonymous.post("/auth/logout", {"refresh": tokens["refresh"]}).expect(200)
    refresh(anonymous, tokens).refused(401)
    phone = refresh(anonymous, phone).expect(200)
    anonymous.post("/auth/logout", {"refresh": phone["refresh"], "everywhere": True}).expect(200)
    refresh(anonymous, phone).refused(401)
    anonymous.post("/auth/logout", {"refresh": "nonsense"}).expect(200)


def test_a_changed_password_ends_all_log_ins(shop: Shop, anonymous: Client) -> None:
    customer = shop.customer()
    tokens = log_in(anonymous, customer)
    customer.client.post("/auth/password", {"old": "wrong", "new": OTHER}).refused(401, "accounts.bad_credentials")
    customer.client.post("/auth/password", {"old": PASSWORD, "new": "password"}).refused(422, "accounts.weak_password")
    customer.client.post("/auth/password", {"old": PASSWORD, "new": customer.email}).refused(422)
    changed = customer.client.post("/auth/password", {"old": PASSWORD, "new": OTHER}).expect(200)
    refresh(anonymous, tokens).refused(401)
    refresh(anonymous, changed).expect(200)
    anonymous.post("/auth/token", {"email": customer.email, "password": PASSWORD}).refused(401)
    log_in(anonymous, customer, OTHER)


def test_who_asks_for_a_reset_does_not_learn_who_has_an_account(shop: Shop, anonymous: Client) -> None:
    known, unknown = shop.customer().email, new_email()
    told = [anonymous.post("/auth/password/reset", {"email": email}).expect(202) for email in (known, unknown)]
    assert told[0] == told[1]
    for token in ("nonsense", str(shop.customer().client.token)):
        anonymous.post("/auth/password/new", {"token": token, "password": OTHER}).refused(
            401, "accounts.bad_reset_token"
        )
