"""The map in a real browser: what runs now, over several processes and deployables, for operators alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from seamline.demo import OPERATOR, PASSWORD
from tests.browser.chromium import Page, browsing
from tests.processes import Deployable, Yard
from tests.system.office import Office
from tests.waiting import eventually

ROW = "[...document.querySelectorAll('#of-{table} tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"


class World(NamedTuple):
    """The small system in two processes that share a port, `depots` in a deployable of its own, and who looks."""

    monolith: Deployable
    depots: Deployable
    page: Page

    def rows(self, table: str) -> list[list[str]]:
        """The rows of a table beside the picture."""
        found: list[list[str]] = self.page.run(ROW.format(table=table))
        return found

    def row(self, table: str, *begin: str) -> list[str]:
        """The row that begins so, as soon as there is one."""
        found = eventually(lambda: [row for row in self.rows(table) if row[: len(begin)] == [*begin]], bool)
        return found[0]

    def state_of(self, module: str) -> str:
        return str(self.page.run(f"document.querySelector('[data-key=\"node {module}\"]')?.getAttribute('aria-label')"))


@pytest.fixture(scope="module")
def world(the_yard: Yard, the_system: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    counted = tmp_path_factory.mktemp("counted")
    settings = {"WEB_WORKERS": "2", "PROMETHEUS_MULTIPROC_DIR": str(counted)}
    with (
        the_yard.deployable("map_depots", the_system, MODULES="depots") as depots,
        the_yard.deployable("map", the_system, DEPOTS_URL=depots.url, **settings) as monolith,
        browsing(tmp_path_factory.mktemp("profile")) as page,
    ):
        depots.launch(GATEWAY_URL=monolith.url).until_ready()
        monolith.start()
        depots.until_heard()
        yield World(monolith, depots, log_in(page, monolith.url))


def log_in(page: Page, url: str) -> Page:
    page.open(f"{url}/map")
    page.run(
        f"document.querySelector('#id_username').value = '{OPERATOR}';"
        f"document.querySelector('#id_password').value = '{PASSWORD}';"
        "document.querySelector('#login-form').submit()"
    )
    page.until("document.querySelectorAll('.node').length > 0")
    # The admin's page has no icon.
    page.complaints = [each for each in page.complaints if not each.endswith("/favicon.ico")]
    return page


def test_it_is_for_operators_alone(world: World) -> None:
    stranger = world.monolith.client
    answer = stranger.page("/map")
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/login/?next=/map")
    stranger.page("/map.json").refused(403, "map.forbidden")


def test_it_draws_where_each_module_lives_and_the_tables_say_the_same(world: World) -> None:
    assert world.page.run("[...document.querySelectorAll('.node .name')].map(each => each.textContent)") == [
        "parcels",
        "depots",
        "notes",
    ]
    assert {row[0]: (row[1], row[2]) for row in world.rows("modules")} == {
        "depots": ("up", world.depots.url),
        "notes": ("up", "here"),
        "parcels": ("up", "here"),
    }
    lines = world.page.run("[...document.querySelectorAll('.line')].map(each => each.dataset.line)")
    assert lines == [
        *("calls parcels depots", "events depots notes", "events parcels depots", "events parcels notes"),
    ]
    assert {(row[0], row[1]) for row in world.rows("events")} == {
        ("depots", "notes"),
        ("parcels", "depots"),
        ("parcels", "notes"),
    }


def test_calls_are_counted_over_all_processes(world: World) -> None:
    before = counted(world)
    office = Office(world.monolith.client)
    connections = [Office(world.monolith.client.afresh()) for _ in range(6)]
    office.make_room()
    for one in connections:
        one.keeper = office.keeper.afresh()
        for _ in range(5):
            one.send()
    eventually(lambda: counted(world), lambda now: now - before == 30)
    busy = eventually(lambda: world.row("calls", "parcels", "depots"), lambda row: row[3] not in ("…", "0/s"))
    assert (busy[2], busy[6], busy[7]) == ("Depots", "0", "0")
    assert all(each.endswith((" ms", " µs", " s")) for each in busy[4:6]), busy
    world.page.until("document.querySelector('.label.calls') !== null")


def counted(world: World) -> int:
    return int(world.row("calls", "parcels", "depots")[8].replace(",", ""))


def test_the_keyboard_reaches_a_module_and_what_it_answers(world: World) -> None:
    page = world.page
    page.run("document.querySelector('#filters button').focus()")
    for _ in range(2):
        page.press("Tab")
    assert page.run("document.activeElement.dataset.key") == "node depots"
    page.press("Enter", "\r")
    assert page.run("document.activeElement.id") == "panel"
    panel = page.run("document.querySelector('#panel').textContent")
    assert "book(parcel_id: UUID, depot: str) -> Room" in panel
    assert "Depots (depots/v1)" in panel
    # The next document does not take anything away.
    at = page.run("state.map.at")
    page.until(f"state.map.at > {at}")
    assert page.run("document.querySelector('#panel').hidden") is False
    page.press("Escape")
    assert page.run("document.querySelector('#panel').hidden") is True
    assert page.run("document.activeElement.dataset.key") == "node depots"


def test_filters_leave_what_is_looked_for(world: World) -> None:
    page = world.page
    page.run(
        "const field = document.querySelector('#find'); field.value = 'DepotEnlarged';"
        "field.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert [row[:2] for row in world.rows("events")] == [["depots", "notes"]]
    assert [row[0] for row in world.rows("modules")] == ["depots", "notes"]
    page.run("document.querySelector('#filters button').click()")
    page.until("document.querySelectorAll('#of-modules tbody tr').length === 3")
    page.run("document.querySelector('#events').click()")
    assert world.rows("events") == [["none"]]
    page.run("document.querySelector('#events').click()")


def test_it_fits_a_phone_and_the_dark(world: World) -> None:
    page = world.page
    bright = page.run("getComputedStyle(document.body).backgroundColor")
    page.tell("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=2, mobile=True)
    page.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.run("document.documentElement.scrollWidth <= 390") is True
    assert page.run("getComputedStyle(document.body).backgroundColor") != bright
    page.run("document.querySelector('[data-key=\"node depots\"]').dispatchEvent(new MouseEvent('click'))")
    box = page.run("JSON.stringify(document.querySelector('#panel').getBoundingClientRect())")
    assert '"width":390' in box
    page.press("Escape")
    page.tell("Emulation.clearDeviceMetricsOverride")
    page.tell("Emulation.setEmulatedMedia", features=[])


def test_a_module_that_dies_and_comes_back_is_seen(world: World) -> None:
    world.depots.kill()
    eventually(lambda: world.state_of("depots"), lambda said: said.startswith("depots, down"))
    assert world.row("modules", "depots")[1].startswith("down cannot be reached")
    assert "needs somebody: depots" in world.page.run("document.querySelector('#state').textContent")
    world.depots.start()
    eventually(lambda: world.state_of("depots"), lambda said: said.startswith("depots, up"))


def test_a_service_has_a_map_of_its_own_view(world: World, tmp_path: Path) -> None:
    with browsing(tmp_path) as page:
        seen = World(world.depots, world.monolith, log_in(page, world.depots.url))
        assert sorted(row[:3] for row in seen.rows("modules")) == [
            ["depots", "up", "here"],
            ["notes", "up", world.monolith.url],
            ["parcels", "up", world.monolith.url],
        ]
        assert page.complaints == []


def test_a_module_that_comes_home_is_seen(world: World) -> None:
    world.monolith.stop()
    eventually(lambda: world.page.run("document.querySelector('#state').className"), lambda name: name == "bad")
    world.monolith.start(DEPOTS_URL="")
    eventually(lambda: world.row("modules", "depots"), lambda row: row[2] == "here")


def test_it_asks_nobody_but_its_own_host_and_nothing_was_refused(world: World) -> None:
    own = f"{world.monolith.url}/"
    elsewhere = [each for each in world.page.requested if not each.startswith((own, "data:"))]
    assert elsewhere == []
    refused: list[Any] = [each for each in world.page.complaints if "net::ERR_" not in each]
    assert refused == []
