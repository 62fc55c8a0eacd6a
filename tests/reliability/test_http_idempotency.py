"""What a repeat of a request gets, whatever became of the first."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.request import Request

from seamline.databases import execute
from seamline.http import idempotency
from seamline.http.access import Principal
from seamline.http.models import IdempotentRequest
from seamline.module import active
from tests.waiting import eventually

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
    row = IdempotentRequest.objects.using(MODULE).get(key=key)
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
    assert endpoint.meanwhile.status_code == 409
    assert 1 <= int(endpoint.meanwhile["Retry-After"]) <= idempotency.LEASE_SECONDS


def test_a_repeat_goes_on_with_the_same_id_though_the_server_forgot_the_first() -> None:
    endpoint, key, asker = Endpoint(503, 201), uuid4().hex, Principal(uuid4(), frozenset())
    send(endpoint, key, asker=asker)
    IdempotentRequest.objects.using(MODULE).filter(key=key).delete()
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
        IdempotentRequest.objects.using(MODULE).all().delete()
        send(endpoint, asked_under, body, who)
    assert len(set(endpoint.ids)) == 4


RACERS = 6


@pytest.fixture
def pool(transactional_db: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(RACERS) as threads:
        yield threads
        together = threading.Barrier(RACERS)
        list(threads.map(hang_up, [together] * RACERS))


def hang_up(together: threading.Barrier) -> None:
    together.wait()
    connections[MODULE].close()


@pytest.fixture
def slow_to_insert(transactional_db: None) -> Iterator[None]:
    """A row of a table takes its time between the look for others and its unique keys, so that racers meet there."""
    keys = "PRIMARY KEY (id), ADD CONSTRAINT request_once_per_key UNIQUE (module, owner, key)"
    anew = f"""
        ALTER TABLE seamline_idempotent_request
            DROP CONSTRAINT seamline_idempotent_request_pkey, DROP CONSTRAINT request_once_per_key;
        ALTER TABLE seamline_idempotent_request ADD CONSTRAINT seamline_idempotent_request_pkey {keys};
    """
    execute(
        MODULE,
        """CREATE FUNCTION slowly(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
        $$ BEGIN PERFORM pg_sleep(0.2); RETURN $1; END $$;
        CREATE INDEX slow ON seamline_idempotent_request (slowly(key));"""
        + anew,  # indexes are filled in the order in which they were made
    )
    yield
    execute(MODULE, "DROP INDEX slow; DROP FUNCTION slowly;")


@pytest.mark.usefixtures("slow_to_insert")
@pytest.mark.django_db(databases=[MODULE], transaction=True)
def test_of_equal_requests_at_the_same_instant_one_is_answered_and_none_fails(pool: ThreadPoolExecutor) -> None:
    """Both unique keys of the new row are the same for all of them, and any may meet the other's first."""
    asker, together = Principal(uuid4(), frozenset()), threading.Barrier(RACERS)

    def race(key: str) -> int:
        connections[MODULE].ensure_connection()
        together.wait()
        return send(lambda new_id: HttpResponse(status=201), key, asker=asker).status_code

    statuses = Counter(pool.map(race, [uuid4().hex] * RACERS))
    assert statuses[201] >= 1, statuses
    assert set(statuses) <= {201, 409}, statuses


@pytest.mark.django_db(databases=[MODULE], transaction=True)
def test_a_claim_is_renewed_while_it_is_worked_on(pool: ThreadPoolExecutor) -> None:
    key, done = uuid4().hex, threading.Event()

    def work(new_id: UUID) -> HttpResponse:
        done.wait()
        return HttpResponse(status=201)

    first = pool.submit(send, work, key)
    row = IdempotentRequest.objects.using(MODULE).filter(key=key)
    eventually(row.exists, bool)
    claimed = row.get().due_at
    eventually(lambda: row.get().due_at, lambda until: until > claimed)
    assert send(Endpoint(), key).status_code == 409
    done.set()
    assert first.result().status_code == 201
    assert send(Endpoint(), key)["Idempotency-Replayed"] == "true"


def test_what_a_holder_that_is_gone_has_left_is_taken_over_when_it_was_told_to_be() -> None:
    endpoint, key = Endpoint(201), uuid4().hex
    told = []

    def die(new_id: UUID) -> HttpResponse:
        told.append(send(Endpoint(), key)["Retry-After"])
        raise SystemExit

    with pytest.raises(SystemExit):
        send(die, key)
    execute(MODULE, "UPDATE seamline_idempotent_request SET due_at = due_at - %s * interval '1 second'", told)
    assert send(endpoint, key).status_code == 201


def test_who_has_lost_a_claim_does_not_settle_it() -> None:
    key, second = uuid4().hex, Endpoint(201)

    def hang(new_id: UUID) -> HttpResponse:
        execute(MODULE, "UPDATE seamline_idempotent_request SET due_at = now()")
        assert send(second, key).status_code == 201
        return HttpResponse("too late", status=201)

    send(hang, key)
    assert send(Endpoint(), key).content == str(second.ids[0]).encode()


def test_without_a_key_it_has_an_id_that_comes_again_under_the_key_that_was_made_for_it() -> None:
    sent = RequestFactory().post("/things", b"{}", "application/json")
    ids: list[UUID] = []

    def respond(new_id: UUID) -> HttpResponse:
        ids.append(new_id)
        return HttpResponse(b"{}")

    request = Request(sent)
    request.user = Principal(uuid4(), frozenset())
    idempotency.once(MODULE, request, b"{}", respond)
    key = idempotency.key_made_for(sent)
    assert key
    sent_again = RequestFactory().post("/things", b"{}", "application/json", headers={"Idempotency-Key": key})
    again = Request(sent_again)
    again.user = request.user
    idempotency.once(MODULE, again, b"{}", respond)
    idempotency.once(MODULE, request, b"{}", respond)
    assert ids[0] == ids[1] != ids[2]
