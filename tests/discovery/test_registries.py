"""Each registry does what a registry has to do: a real etcd, a name server, a double of Consul's agent."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from seamline.configuration.discovery import Discovery
from seamline.discovery import directory
from seamline.discovery.directory import Directory, connect
from seamline.discovery.registrar import Registrar
from seamline.discovery.registry import Found, LeaseLost, Reachability, Registry, Unreachable
from tests.discovery import etcd_server
from tests.discovery.consul_agent import TOKEN, consul
from tests.discovery.etcd_server import EtcdServer
from tests.discovery.name_server import ZONE, NameServer, name_server
from tests.processes import free_port
from tests.waiting import eventually

ONE, TWO = "http://127.0.0.1:8001", "https://depots.example.com/base"
TTL = 2


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    with etcd_server.etcd(tmp_path_factory.mktemp("etcd")) as server:
        yield server


def at(kind: str, port: int, **more: object) -> Discovery:
    hosts = (("127.0.0.1", free_port()), ("127.0.0.1", port))
    return Discovery(kind, hosts, **{"password": TOKEN, "path": f"p{time.time_ns()}"} | more)  # type: ignore[arg-type]


@pytest.fixture(params=["etcd", "consul"])
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    """A registry that takes registrations, and of which the first member does not answer."""
    with ExitStack() as stack:
        if request.param == "etcd":
            yield connect(at("etcd", request.getfixturevalue("etcd").port))
        else:
            agent = stack.enter_context(consul())
            yield connect(at("consul", int(agent.url.rpartition(":")[2])))


def test_what_registers_is_found_until_it_leaves(registry: Registry) -> None:
    assert registry.resolve("depots-service").addresses == ()
    one = registry.register("depots-service", "one", ONE, TTL)
    registry.register("depots-service", "two", TWO, TTL)
    registry.register("depots", "three", "http://127.0.0.1:8009", TTL)
    assert registry.resolve("depots-service").addresses == (ONE, TWO)
    registry.renew(one)
    registry.leave(one)
    assert registry.resolve("depots-service").addresses == (TWO,)


def test_one_that_is_silent_is_dropped_and_told_so(registry: Registry) -> None:
    lease = registry.register("depots-service", "one", ONE, TTL)
    eventually(lambda: registry.resolve("depots-service").addresses, lambda found: not found)
    if "Consul" in type(registry).__name__:
        registry.leave(lease)  # a minute later it does so by itself
    with pytest.raises(LeaseLost):
        registry.renew(lease)


def test_a_change_wakes_who_waits(registry: Registry) -> None:
    known = registry.resolve("depots-service")
    waiting = threading.Thread(target=registry.wait, args=("depots-service", known))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    registry.register("depots-service", "one", ONE, TTL)
    waiting.join(5)
    assert not waiting.is_alive()
    # Nor is one missed that came between the look and the wait.
    registry.wait("depots-service", known)


@pytest.mark.parametrize("kind", ["etcd", "consul"])
def test_one_that_is_not_there_is_unreachable(kind: str) -> None:
    registry = connect(at(kind, free_port()))
    for ask in (
        lambda: registry.resolve("depots-service"),
        lambda: registry.wait("depots-service", Found(())),
        lambda: registry.register("depots-service", "one", ONE, TTL),
        lambda: registry.renew("7"),
        lambda: registry.leave("7"),
    ):
        with pytest.raises(Unreachable):
            ask()


def test_a_wrong_token_is_told() -> None:
    with consul() as agent, pytest.raises(Unreachable, match="403: Permission denied"):
        connect(at("consul", int(agent.url.rpartition(":")[2]), password="guessed")).resolve("depots-service")


def test_dns_has_those_of_the_best_priority() -> None:
    with name_server() as server:
        registry = connect(by_dns(server))
        assert registry.resolve("depots-service").addresses == ()
        server.records[f"_depots-service._tcp.{ZONE}."] = [
            f"10 1 8001 a.{ZONE}.",
            f"10 9 8002 b.{ZONE}.",
            f"20 0 8003 c.{ZONE}.",
        ]
        assert registry.resolve("depots-service").addresses == (f"http://a.{ZONE}:8001", f"http://b.{ZONE}:8002")
        server.is_failing = True
        with pytest.raises(Unreachable):
            registry.resolve("depots-service")
        server.is_failing = False
        server.records["_http._tcp.depots-service.shop.test."] = [f"0 0 443 a.{ZONE}."]
        other = connect(by_dns(server, name="_http._tcp.{service}", scheme="https"))
        assert other.resolve("depots-service").addresses == (f"https://a.{ZONE}:443",)


def test_dns_is_followed_and_its_silence_changes_nothing() -> None:
    with name_server() as server:
        name = f"_depots-service._tcp.{ZONE}."
        server.records[name] = [f"0 0 8001 a.{ZONE}."]
        found = by_dns(server)
        known = Directory(found, connect(found))
        assert known.addresses("depots-service") == (f"http://a.{ZONE}:8001",)
        server.records[name] = [f"0 0 8002 b.{ZONE}."]
        eventually(lambda: known.addresses("depots-service"), lambda now: now == (f"http://b.{ZONE}:8002",))
        server.is_failing = True
        eventually(lambda: known.reachability.is_reachable, lambda reachable: not reachable)
        assert known.addresses("depots-service") == (f"http://b.{ZONE}:8002",)
        server.is_failing = False
        eventually(lambda: known.reachability.is_reachable, bool)


def test_a_registry_that_forgot_everything_is_told_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "EMPTY_SECONDS", 3.0)
    with consul() as agent:
        found = at("consul", int(agent.url.rpartition(":")[2]), address=ONE, ttl=3)
        registry = connect(found)
        registrar = Registrar(found, "depots-service", registry, Reachability("here"))
        registrar.start()
        eventually(lambda: agent.services, bool)
        known = Directory(found, registry)
        seen = {known.addresses("depots-service")}
        agent.forget()

        def look() -> bool:
            seen.add(known.addresses("depots-service"))
            return bool(agent.services)

        eventually(look, bool)
        assert seen == {(ONE,)}, "nobody was away meanwhile"
        registrar.stop(5)
        assert agent.services == {}
        eventually(lambda: known.addresses("depots-service"), lambda now: now == ())


def by_dns(server: NameServer, **options: str) -> Discovery:
    return Discovery("dns", ((ZONE, 53),), options={"server": f"127.0.0.1:{server.port}", **options})
