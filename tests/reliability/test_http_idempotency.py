"""What a repeat of a request gets, whatever became of the first."""

import hashlib
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.request import Request

from kernel import models
from kernel.http import idempotency
from kernel.http.access import Principal
from kernel.module import active

MODULE = min(active())
pytestmark = pytest.mark.django_db(databases=[MODULE])


class Endpoint:
    """Answers with what it is told to, and remembers which ids it was given."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.ids: list[UUID] = []

    def __call__(self, new_id: UUID) -> HttpResponse:
        self.ids.append(new_id)
        return HttpResponse(str(new_id), status=self.statuses[len(self.ids) - 1])


def send(
    endpoint: Callable[..., HttpResponse], key: str, body: bytes = b"{}", asker: Principal | None = None
) -> HttpResponse:
    request = Request(RequestFactory().post("/things", headers={"Idempotency-Key": key}))
    request.user = asker
    return idempotency.once(MODULE, request, body, endpoint)


def test_a_repeat_gets_the_first_response() -> None:
    endpoint, key = Endpoint(201), uuid4().hex
    first, second = send(endpoint, key), send(endpoint, key)
    assert (first.content, first.status_code) == (second.content, second.status_code)
    assert (second["Idempotency-Replayed"], len(endpoint.ids)) == ("true", 1)


def test_after_a_try_later_the_repeat_goes_on_with_the_same_id() -> None:
    endpoint, key = Endpoint(503, 201), uuid4().hex
    assert [send(endpoint, key).status_code for _ in range(2)] == [503, 201]
    assert len(set(endpoint.ids)) == 1


def test_after_what_nobody_foresaw_the_repeat_goes_on_with_the_same_id() -> None:
    endpoint, key = Endpoint(201), uuid4().hex

    def fail(new_id: UUID) -> HttpResponse:
        endpoint.ids.append(new_id)
        endpoint.statuses.insert(0, 500)
        raise RuntimeError("nobody foresaw this")

    with pytest.raises(RuntimeError):
        send(fail, key)
    assert send(endpoint, key).status_code == 201
    assert len(set(endpoint.ids)) == 1


def test_the_key_with_another_body_is_refused() -> None:
    endpoint, key, asker = Endpoint(201, 201), uuid4().hex, Principal(uuid4(), frozenset())
    send(endpoint, key, asker=asker)
    assert send(endpoint, key, b'{"other": 1}', asker).status_code == 422
    assert len(endpoint.ids) == 1


def test_strangers_who_have_chosen_the_same_key_do_not_meet() -> None:
    endpoint, key = Endpoint(201, 201), uuid4().hex
    assert [send(endpoint, key, body).status_code for body in (b"1", b"2", b"1", b"2")] == [201] * 4
    assert len(endpoint.ids) == 2


def test_what_was_asked_cannot_be_guessed_from_what_is_stored() -> None:
    key, body = uuid4().hex, b'{"password": "easy to guess"}'
    send(Endpoint(201), key, body)
    row = models.Request.objects.using(MODULE).get(key=key)
    asked = b"POST /things\n" + body
    assert bytes(row.fingerprint) != hashlib.sha256(asked).digest()


def test_while_the_first_is_under_way_the_repeat_waits() -> None:
    key = uuid4().hex

    class Slow(Endpoint):
        def __call__(self, new_id: UUID) -> HttpResponse:
            meanwhile = send(self, key) if not self.ids else None
            self.meanwhile = meanwhile or getattr(self, "meanwhile", None)
            return super().__call__(new_id)

    endpoint = Slow(201)
    send(endpoint, key)
    assert endpoint.meanwhile is not None
    assert (endpoint.meanwhile.status_code, endpoint.meanwhile["Retry-After"]) == (409, "1")


def test_a_repeat_goes_on_with_the_same_id_though_the_server_forgot_the_first() -> None:
    endpoint, key, asker = Endpoint(503, 201), uuid4().hex, Principal(uuid4(), frozenset())
    send(endpoint, key, asker=asker)
    models.Request.objects.using(MODULE).filter(key=key).delete()
    assert send(endpoint, key, asker=asker).status_code == 201
    assert len(set(endpoint.ids)) == 1


def test_no_two_requests_have_the_same_id() -> None:
    asker, other = (Principal(uuid4(), frozenset()) for _ in range(2))
    endpoint, key = Endpoint(*[503] * 4), uuid4().hex
    for who, asked_under, body in (
        (asker, key, b"1"),
        (other, key, b"1"),
        (asker, key + "x", b"1"),
        (asker, key, b"2"),
    ):
        models.Request.objects.using(MODULE).all().delete()
        send(endpoint, asked_under, body, who)
    assert len(set(endpoint.ids)) == 4
