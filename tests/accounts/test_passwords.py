"""Passwords are hashed a few at a time, so that those who try many make nobody else slow."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2.exceptions import HashingError
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, identify_hasher
from django.test import Client, RequestFactory

from seamline.configuration import passwords
from seamline.configuration.passwords import DevelopmentHasher, OldPasswordHasher, PasswordHasher
from seamline.contract import Rejected
from seamline.http.admission import Rejection

TURNS = 2


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> threading.BoundedSemaphore:
    given = threading.BoundedSemaphore(TURNS)
    monkeypatch.setattr(passwords, "_turns", given)
    return given


@pytest.fixture
def no_turn(turns: threading.BoundedSemaphore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Client().get("/admin/login/")  # imports the addresses, and a module may hash a password as it is imported
    monkeypatch.setattr(passwords, "MAX_WAIT_SECONDS", 0.01)
    for _ in range(TURNS):
        turns.acquire()
    yield
    for _ in range(TURNS):
        turns.release()


def test_no_more_passwords_are_hashed_at_a_time_than_there_are_turns(
    turns: threading.BoundedSemaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, clients, at_work, most = threading.Lock(), threading.Barrier(TURNS * 4), [0], [0]
    encode = Argon2PasswordHasher.encode

    def count(self: Any, *arguments: Any) -> str:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        try:
            return encode(self, *arguments)
        finally:
            with lock:
                at_work[0] -= 1

    def hash_at_once(number: int) -> str:
        clients.wait()
        return DevelopmentHasher().encode(f"password {number}", "a salt of its own")

    monkeypatch.setattr(Argon2PasswordHasher, "encode", count)
    with ThreadPoolExecutor(TURNS * 4) as pool:
        assert len(set(pool.map(hash_at_once, range(TURNS * 4)))) == TURNS * 4
    assert most[0] <= TURNS


@pytest.mark.django_db
@pytest.mark.usefixtures("no_turn")
def test_a_password_whose_turn_does_not_come_is_rejected() -> None:
    with pytest.raises(Rejected):
        PasswordHasher().encode("password", "a salt of its own")


def test_a_turn_is_given_back_when_hashing_fails(turns: threading.BoundedSemaphore) -> None:
    for _ in range(TURNS + 1):
        with pytest.raises(HashingError):
            PasswordHasher().encode("password", "short")


@pytest.mark.django_db(databases=list(settings.DATABASES))
@pytest.mark.usefixtures("no_turn")
def test_the_login_of_the_admin_is_rejected_alike() -> None:
    response = Client().post("/admin/login/", {"username": "root", "password": "wrong"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


def test_no_other_error_of_a_page_is_taken_for_a_rejection() -> None:
    rejection = Rejection(lambda request: None)  # type: ignore[arg-type, return-value]
    assert rejection.process_exception(RequestFactory().get("/admin/"), ValueError()) is None


def test_what_is_stored_can_be_checked_by_the_hasher_of_production() -> None:
    stored = DevelopmentHasher().encode("password", "a salt of its own")
    assert check_password("password", stored)
    assert identify_hasher(stored).algorithm == PasswordHasher.algorithm


def test_what_was_stored_before_can_still_be_checked(turns: threading.BoundedSemaphore) -> None:
    stored = OldPasswordHasher().encode("password", "a salt of its own")
    assert check_password("password", stored)
    assert not check_password("another", stored)


def test_comparing_waits_for_its_turn_as_well(no_turn: None) -> None:
    stored = Argon2PasswordHasher().encode("password", "a salt of its own")
    with pytest.raises(Rejected):
        PasswordHasher().verify("password", stored)
