"""Two instances of a service behind a monolith that finds them in etcd: one dies, one comes, the registry goes."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.discovery.etcd_server import EtcdServer, etcd
from tests.discovery.load import Load
from tests.processes import Deployable, Yard
from tests.system.office import Office
from tests.waiting import eventually

SERVICE = "depots-service"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


class Fleet:
    """The monolith with all modules but one, and instances of that one's service."""

    def __init__(self, yard: Yard, system: Path, registry: EtcdServer, stack: ExitStack) -> None:
        self._yard, self._system, self._stack = yard, system, stack
        self._common = {"DISCOVERY_URL": registry.url, "DISCOVERY_TTL": "3"}
        self.monolith = self._deployable("found-monolith", WEB_WORKERS="2", DEPOTS_URL=f"discovery://{SERVICE}")
        self._prefix = ""

    def instance(self, name: str) -> Deployable:
        """One more, on the databases of the others; not started yet."""
        made = self._deployable(
            f"found-{name}",
            SERVICE_NAME=SERVICE,
            MODULES="depots",
            GATEWAY_URL=f"discovery://{self.name}",
            SERVICE_PEERS=f"{self.name}=*",
        )
        self._prefix = self._prefix or made.settings["DATABASE_PREFIX"]
        made.settings["DATABASE_PREFIX"] = self._prefix
        return made

    @property
    def name(self) -> str:
        return self.monolith.settings["SERVICE_NAME"]

    def known(self) -> set[str]:
        """What each worker of the monolith takes for the instances, together."""
        answers = [self.monolith.client.afresh().page("/health").expect(200) for _ in range(6)]
        return {address for each in answers for address in each["discovery"]["services"].get(SERVICE, ())}

    def is_reachable(self) -> bool:
        answers = [self.monolith.client.afresh().page("/health").expect(200) for _ in range(6)]
        return all(each["discovery"]["reachable"] for each in answers)

    def _deployable(self, name: str, **settings: str) -> Deployable:
        made = self._stack.enter_context(self._yard.deployable(name, self._system, **self._common, **settings))
        made.settings.setdefault("SERVICE_NAME", "seam")
        made.settings["DISCOVERY_ADDRESS"] = made.url
        return made


@pytest.mark.nightly
def test_an_instance_may_die_and_another_come_and_the_registry_go(
    the_yard: Yard, the_system: Path, tmp_path: Path, stack: ExitStack
) -> None:
    registry = stack.enter_context(etcd(tmp_path))
    fleet = Fleet(the_yard, the_system, registry, stack)
    one, two, three = (fleet.instance(name) for name in ("one", "two", "three"))
    one.launch().until_ready()
    two.launch()
    fleet.monolith.launch()
    for deployable in (two, fleet.monolith, one):
        deployable.until_ready().until_heard()
    eventually(fleet.known, lambda known: known == {one.url, two.url})
    office = Office(fleet.monolith.client)
    office.send()

    with Load(fleet.monolith.url, office) as load:
        load.until_more()
        two.kill()
        load.until_more()
        # Nobody said that it left: its lease lapses.
        eventually(fleet.known, lambda known: known == {one.url})
        three.launch().until_ready()
        eventually(fleet.known, lambda known: known == {one.url, three.url})
        load.until_more()
        registry.end()
        eventually(fleet.is_reachable, lambda reachable: not reachable)
        load.until_more()
        # The other one leaves while nobody can be told of it.
        one.kill()
        load.until_more()
        registry.start()
        eventually(fleet.is_reachable, bool)
        eventually(fleet.known, lambda known: known == {three.url})
        load.until_more()
    assert load.answers.keys() == {"room 200", "send 201"}, load.answers
    assert '"registry_unreachable"' in fleet.monolith.log.read_text()
    assert calls(three) > 0

    before = fleet.known()
    three.stop()
    assert '"unregistered"' in three.log.read_text(), "it says so itself"
    assert before == {three.url}


def calls(deployable: Deployable) -> int:
    """How many requests it has answered."""
    return deployable.log.read_text().count('"contract_call"')
