"""How many requests of one client are let through: exactly so many at one instant, over processes, and no more."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client as DjangoClient
from django.test import RequestFactory
from django.utils import timezone
from prometheus_client import REGISTRY

from seamline.http import Guess, Throttle, guessing, throttling
from seamline.http.edge import client_address
from seamline.http.models import ThrottleCount
from seamline.http.throttling import SHARE, Throttled, admit
from seamline.work import pruning
from tests.client import Client
from tests.processes import Deployable, Yard
from tests.system.office import EMAIL, PASSWORD

MODULE = "parcels"
pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES), transaction=True)


@pytest.fixture(autouse=True)
def as_declared(settings: Any) -> Iterator[None]:
    settings.THROTTLE_FACTOR = 1.0
    yield
    ThrottleCount.objects.using(MODULE).all().delete()


def asked(address: str = "192.0.2.1", **headers: str) -> Any:
    request = RequestFactory().get("/", REMOTE_ADDR=address, **headers)
    request.user = None  # type: ignore[assignment]
    return request


def let_through(ask: Callable[[], object], times: int) -> int:
    """How many of so many pass, all of them at one instant."""
    gate = threading.Barrier(times)

    def one(_: int) -> bool:
        gate.wait()
        try:
            ask()
        except Throttled:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(one, range(times)))


def later(seconds: float) -> None:
    """Let so much time pass for all that is counted."""
    for count in ThrottleCount.objects.using(MODULE):
        ThrottleCount.objects.using(MODULE).filter(key=count.key).update(
            spent_until=count.spent_until - timedelta(seconds=seconds)
        )


@pytest.mark.parametrize("requests", [1, 5, 8])
def test_as_many_pass_at_one_instant_as_are_let_through(requests: int) -> None:
    throttle = Throttle(requests, 3600, name=f"few-{requests}")
    assert let_through(lambda: admit(MODULE, throttle, asked()), 12) == requests


def test_a_large_allowance_is_taken_in_shares_and_kept_to() -> None:
    """In four processes, as it were: each has taken what it has from the one count."""
    throttle = Throttle(100, 3600, name="many")
    processes = [throttling._Shares() for _ in range(4)]
    passed = 0
    for number in range(400):
        count = throttling._Count.of(MODULE, throttle, "somebody")
        try:
            processes[number % 4].take(count)
            passed += 1
        except Throttled:
            pass
    assert 100 - 4 * (100 // SHARE) <= passed <= 100


def test_less_than_a_share_is_no_refusal() -> None:
    throttle = Throttle(41, 3600, name="uneven")
    before = refusals("uneven")
    for _ in range(41):
        admit(MODULE, throttle, asked())
    assert refusals("uneven") == before
    with pytest.raises(Throttled):
        admit(MODULE, throttle, asked())
    assert refusals("uneven") == before + 1


def refusals(name: str) -> float:
    return REGISTRY.get_sample_value("throttled_total", {"module": MODULE, "throttle": name}) or 0.0


def test_what_was_spent_comes_back_bit_by_bit() -> None:
    throttle = Throttle(2, 60, name="slow")
    for _ in range(2):
        admit(MODULE, throttle, asked())
    with pytest.raises(Throttled) as refused:
        admit(MODULE, throttle, asked())
    assert 28 <= refused.value.wait <= 30
    later(31)
    admit(MODULE, throttle, asked())
    with pytest.raises(Throttled):
        admit(MODULE, throttle, asked())


def test_clients_have_allowances_of_their_own_and_one_module_is_not_another() -> None:
    throttle = Throttle(1, 3600, name="own")
    admit(MODULE, throttle, asked("192.0.2.1"))
    admit(MODULE, throttle, asked("192.0.2.2"))
    admit("depots", throttle, asked("192.0.2.1"))
    with pytest.raises(Throttled):
        admit(MODULE, throttle, asked("192.0.2.1"))


def test_nobody_can_be_read_out_of_what_is_counted() -> None:
    admit(MODULE, Throttle(1, 60, name="private"), asked("192.0.2.77"))
    [count] = ThrottleCount.objects.using(MODULE)
    assert "192.0.2.77" not in str(vars(count))
    assert len(count.key) == 32


def test_a_guess_counts_where_it_is_wrong_and_right_ones_never() -> None:
    few = Guess(Throttle(3, 3600, name="guesses"), "somebody")
    for _ in range(10):
        with guessing(MODULE, few, wrong=ValueError):
            pass
    for _ in range(3):
        with pytest.raises(ValueError, match="wrong"), guessing(MODULE, few, wrong=ValueError):
            raise ValueError("wrong")
    with pytest.raises(Throttled), guessing(MODULE, few, wrong=ValueError):
        pytest.fail("it was let through")


def test_many_guesses_at_one_instant_are_no_more_than_one_after_another() -> None:
    few = Guess(Throttle(3, 3600, name="at-once"), "somebody")
    tried = []

    def guess() -> None:
        try:
            with guessing(MODULE, few, wrong=ValueError):
                tried.append(1)
                raise ValueError
        except ValueError:
            pass

    assert let_through(guess, 12) == len(tried) == 3


def test_where_one_throttle_refuses_the_others_are_given_back() -> None:
    wide, narrow = Throttle(100, 3600, name="wide"), Throttle(1, 3600, name="narrow")
    both = Guess(wide, "here"), Guess(narrow, "somebody")
    with pytest.raises(ValueError, match="wrong"), guessing(MODULE, *both, wrong=ValueError):
        raise ValueError("wrong")
    spent = set(ThrottleCount.objects.using(MODULE).values_list("key", "spent_until"))
    with pytest.raises(Throttled), guessing(MODULE, *both, wrong=ValueError):
        pytest.fail("it was let through")
    now = set(ThrottleCount.objects.using(MODULE).values_list("key", "spent_until"))
    assert max(abs(a - b) for (_, a), (_, b) in zip(sorted(spent), sorted(now), strict=True)) < timedelta(seconds=0.1)


def test_each_process_counts_by_itself_while_the_database_is_away(settings: Any) -> None:
    with connections[MODULE].cursor() as sql:
        sql.execute("ALTER TABLE seamline_throttle RENAME TO gone")
    try:
        throttle = Throttle(2, 3600, name="alone")
        for _ in range(2):
            admit(MODULE, throttle, asked())
        with pytest.raises(Throttled):
            admit(MODULE, throttle, asked())
    finally:
        with connections[MODULE].cursor() as sql:
            sql.execute("ALTER TABLE gone RENAME TO seamline_throttle")


def test_right_guesses_cost_nothing_without_a_database_either() -> None:
    few = Guess(Throttle(3, 3600, name="right-alone"), "somebody")
    for _ in range(10):
        with guessing(None, few, wrong=ValueError):
            pass
    for _ in range(3):
        with pytest.raises(ValueError, match="wrong"), guessing(None, few, wrong=ValueError):
            raise ValueError("wrong")
    with pytest.raises(Throttled), guessing(None, few, wrong=ValueError):
        pytest.fail("it was let through")


def test_a_factor_multiplies_all_and_nothing_lets_everything_through(settings: Any) -> None:
    throttle = Throttle(2, 3600, name="multiplied")
    settings.THROTTLE_FACTOR = 2.0
    assert let_through(lambda: admit(MODULE, throttle, asked()), 8) == 4
    settings.THROTTLE_FACTOR = 0.0
    assert let_through(lambda: admit(MODULE, throttle, asked()), 8) == 8


def test_old_counts_are_forgotten() -> None:
    rows = ThrottleCount.objects.using(MODULE)
    rows.create(module=MODULE, key="old", spent_until=timezone.now() - timedelta(days=2))
    rows.create(module=MODULE, key="new", spent_until=timezone.now())
    pruning.prune(MODULE)
    assert list(rows.values_list("key", flat=True)) == ["new"]


@pytest.mark.parametrize(
    ("peer", "said", "proxies", "found"),
    [
        ("192.0.2.1", "", (), "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", (), "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("2001:db8:1:2:3::4", "", (), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", (), "192.0.2.1"),
        ("10.0.0.1", "x" * 500, ("10.0.0.0/8",), "x" * 45),
    ],
)
def test_the_client_is_the_nearest_that_is_no_proxy_of_ours(
    peer: str, said: str, proxies: tuple[str, ...], found: str, settings: Any
) -> None:
    from ipaddress import ip_network

    settings.TRUSTED_PROXIES = tuple(map(ip_network, proxies))
    assert client_address({"REMOTE_ADDR": peer, **({"HTTP_X_FORWARDED_FOR": said} if said else {})}) == found


def test_wrong_passwords_of_an_operator_are_counted(settings: Any) -> None:
    client, form = DjangoClient(), {"username": "root", "password": "wrong"}
    answers = [client.post("/admin/login/", form).status_code for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    told = client.post("/admin/login/", form)
    assert (told.json()["code"], int(told["Retry-After"]) > 0) == ("request.throttled", True)
    assert client.post("/admin/login/", {**form, "username": "other"}).status_code == 200


@pytest.fixture(scope="module")
def strict(the_yard: Yard, the_system: Any) -> Iterator[Deployable]:
    with the_yard.deployable("strict", the_system, THROTTLE_FACTOR="1", WEB_WORKERS="2") as deployable:
        yield deployable.start()
        deployable.stop()


def test_wrong_passwords_are_counted_over_processes_and_right_ones_pass_until_then(strict: Deployable) -> None:
    client = strict.client
    right, wrong = {"email": EMAIL, "password": PASSWORD}, {"email": EMAIL, "password": "guessed wrong"}

    def guess(_: int) -> int:
        return Client(strict.url).post("/notes/token", wrong).status

    for _ in range(20):
        client.post("/notes/token", right).expect(200)
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(guess, range(24)))
    assert answers == [401] * 10 + [429] * 14
    refused = client.post("/notes/token", right)
    assert refused.refused(429)["code"] == "request.throttled"
    assert refused.headers["RateLimit-Policy"] == '"passwords-of-an-account-from-an-address";q=10;w=300'
    assert int(refused.headers["Retry-After"]) <= 30
    # Somebody else's log-in is nobody's guess.
    client.post("/notes/token", {**wrong, "email": "another@example.com"}).refused(401)
