"""What a repeat of a request gets, whatever became of the first."""

from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.request import Request

from kernel.http import idempotency
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


def send(endpoint: Endpoint, key: str, body: bytes = b"{}") -> HttpResponse:
    request = Request(RequestFactory().post("/things", headers={"Idempotency-Key": key}))
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


def test_the_key_with_another_body_is_refused() -> None:
    endpoint, key = Endpoint(201, 201), uuid4().hex
    send(endpoint, key)
    assert send(endpoint, key, b'{"other": 1}').status_code == 422
    assert len(endpoint.ids) == 1


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
