"""`manage.py serve` with its own PostgreSQL, in copies of the fixture system: it serves, and leaves nothing."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from seamline.development.clusters import FOLDER
from tests.processes import Deployable, Yard, answers
from tests.system.office import Office
from tests.system.place import lay_out
from tests.waiting import eventually, unhurried

QUICK = 10.0
"""Unhurried seconds for a start that finds its databases made: a few."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system, with nothing under `var/` yet."""
    return lay_out(tmp_path_factory.mktemp("copy"))


@pytest.fixture
def served(home: Path, tmp_path: Path) -> Iterator[Deployable]:
    """The system, not started yet."""
    with closing(Deployable(home, tmp_path / "serve.log")) as deployable:
        yield deployable


@contextlib.contextmanager
def closing(deployable: Deployable) -> Iterator[Deployable]:
    """Leave neither the deployable nor its PostgreSQL behind, whatever happens."""
    try:
        yield deployable
    finally:
        deployable.close()
        if pid := postgres_of(deployable):
            os.kill(pid, signal.SIGQUIT)


def postgres_of(deployable: Deployable) -> int | None:
    """The process id of the copy's own PostgreSQL, while it runs."""
    pid_file = deployable.root / "var" / "postgres" / FOLDER / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, IndexError, ProcessLookupError):
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, 0)
        return pid
    return None


def assert_nothing_left(deployable: Deployable) -> None:
    assert not answers(deployable.port)
    assert postgres_of(deployable) is None


def test_it_says_where_everything_is(served: Deployable) -> None:
    served.start()
    said = served.log.read_text()
    for path in ("/api/v1/", "/api/docs", "/api/redoc", "/admin/"):
        assert served.url + path in said
    served.stop()


def test_sigterm_ends_everything_that_it_started(served: Deployable) -> None:
    served.start()
    assert postgres_of(served)
    served.stop()
    assert_nothing_left(served)


def test_ctrl_c_ends_everything_that_it_started(served: Deployable) -> None:
    served.start()
    assert served.process
    os.killpg(served.process.pid, signal.SIGINT)
    served.until_stopped()
    assert_nothing_left(served)
    assert "Traceback" not in served.log.read_text()


def test_a_sigterm_while_it_still_starts_ends_everything(served: Deployable) -> None:
    process = served.launch().process
    assert process
    eventually(lambda: "preparing" in served.log.read_text(), bool)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    served.process = None
    assert_nothing_left(served)


def test_a_second_start_is_quick_and_finds_everything(served: Deployable) -> None:
    parcel = Office(served.start().client).send()
    served.stop()

    started = unhurried()
    served.start()
    assert unhurried() - started < QUICK

    assert knows(served, parcel)
    served.stop()


def test_after_a_crash_it_starts_again_and_finds_everything(served: Deployable) -> None:
    parcel = Office(served.start().client).send()
    served.kill()
    assert postgres_of(served), "PostgreSQL is in a session of its own"

    served.start()
    assert knows(served, parcel)
    served.stop()
    assert_nothing_left(served)


def test_a_busy_port_is_told_and_nothing_is_left_running(served: Deployable) -> None:
    with socket.create_server(("127.0.0.1", served.port)):
        process = served.launch().process
        assert process
        assert process.wait() == 1
    served.process = None
    assert f"cannot serve on 127.0.0.1:{served.port}: Address already in use" in served.said()
    assert "choose another PORT" in served.said()
    assert "Traceback" not in served.log.read_text()
    assert_nothing_left(served)


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(served: Deployable, port: str) -> None:
    process = served.launch(PORT=port).process
    assert process
    assert process.wait() == 2
    served.process = None
    assert f"error: PORT is {port!r}" in served.said()
    assert "Traceback" not in served.log.read_text()
    assert_nothing_left(served)


def test_two_copies_do_not_disturb_each_other(served: Deployable, tmp_path: Path) -> None:
    other_home = lay_out(tmp_path / "other")
    with closing(Deployable(other_home, tmp_path / "other.log")) as other:
        for deployable in (served, other):
            deployable.launch()
        for deployable in (served, other):
            deployable.until_ready().until_heard()

        parcel = Office(served.client).send()
        assert knows(served, parcel)
        assert not knows(other, parcel)

        other.stop()
        assert_nothing_left(other)
        assert knows(served, parcel)
    served.stop()
    assert_nothing_left(served)


def knows(deployable: Deployable, parcel: str) -> bool:
    return deployable.client.get(f"/parcels/{parcel}").status == 200


def test_with_a_server_given_it_starts_none(the_yard: Yard, tmp_path: Path) -> None:
    with the_yard.deployable("given", lay_out(tmp_path / "system")) as deployable:
        deployable.start().stop()
        assert not (tmp_path / "system" / "var" / "postgres").exists()
