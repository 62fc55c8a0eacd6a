"""Which folders and addresses are behind, and what they lack, whatever an address does."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extraction.cli import main
from extraction.updating import health, outdated
from extraction.writing import runtime_wheel, shared_files, writer, written_record
from extraction.writing.plan import File
from extraction.writing.runtime_wheel import RuntimeWheel

CHANGELOG = """
## 2.0.0
### Security
- A hole is closed.
## 1.1.0
### Added
- A thing.
## 1.0.0
"""
TIMEOUT = 1.0
Answer = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def this_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_files, "read_changelog", lambda: CHANGELOG)
    monkeypatch.setattr(runtime_wheel, "find", lambda: RuntimeWheel("seamline-2.0.0-py3-none-any.whl", b""))
    monkeypatch.setattr(health, "ask_all", lambda places, ask=health.ask_all: ask(places, TIMEOUT))


def ask(*places: str | Path) -> Result:
    return CliRunner().invoke(main, ["outdated", *map(str, places)])


def folder(place: Path, written: str, runtime: str = "") -> Path:
    """A folder that a version wrote."""
    files = [File("requirements/base.txt", f"seamline=={runtime or written} \\\n".encode())]
    writer.put(place, [*files, *written_record.record(files, "new", {})])
    manifest = place / written_record.MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": written}))
    return place


def saying(body: bytes, status: str = "200 OK") -> Answer:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nLocation: http://127.0.0.1:1/\r\n\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def drip(connection: socket.socket) -> None:
    """Send a byte now and then, for ever: no single read waits for long."""
    gone = threading.Event()
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not gone.wait(0.05):
            connection.sendall(b"x")


def flood(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"[" * 65536)


def stay_silent(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(4096):
            pass


@contextmanager
def listening(answer: Answer) -> Iterator[str]:
    """An address that answers like that."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=reply, args=(connection,), daemon=True).start()

        def reply(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                if answer is not stay_silent:
                    connection.recv(4096)
                answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def runs(version: str) -> Answer:
    return saying(json.dumps({"service": "acme", "versions": {"runtime": version}}).encode())


def test_folders_and_addresses_are_told_apart_by_what_they_lack(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old", "1.0.0"), folder(tmp_path / "new", "2.0.0")
    half = folder(tmp_path / "half", "2.0.0", runtime="1.1.0")
    with listening(runs("1.1.0")) as behind, listening(runs("3.0.0")) as ahead:
        said = ask(old, new, half, behind, ahead)
    lines = [line.split() for line in said.output.splitlines() if line.startswith(("/", "http"))]
    assert lines == [
        [str(old), "1.0.0", "1.0.0", "2.0.0,", "1.1.0;", "1", "fix", "of", "security"],
        [str(new), "2.0.0", "2.0.0", "nothing"],
        [str(half), "2.0.0", "1.1.0", "2.0.0;", "1", "fix", "of", "security"],
        [behind, "-", "1.1.0", "2.0.0;", "1", "fix", "of", "security"],
        [ahead, "-", "3.0.0", "nothing"],
    ]
    assert f"security: {old} lacks 2.0.0: A hole is closed." in said.output
    assert said.exit_code == 1
    assert ask(new).exit_code == 0


def test_lacking_what_is_no_fix_of_security_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_files, "read_changelog", lambda: CHANGELOG.replace("Security", "Added"))
    said = ask(folder(tmp_path / "old", "1.0.0"))
    assert (said.exit_code, "2.0.0, 1.1.0" in said.output) == (0, True)


def test_json_has_all_of_it(tmp_path: Path) -> None:
    old = folder(tmp_path / "old", "1.1.0")
    said = ask(old, "--json")
    assert said.exit_code == 1
    assert json.loads(said.stdout) == {
        "tool": "2.0.0",
        "places": [
            {
                "place": str(old),
                "written": "1.1.0",
                "runtime": "1.1.0",
                "lacks": ["2.0.0"],
                "security": ["2.0.0: A hole is closed."],
                "problem": "",
                "safe": False,
            }
        ],
    }


NASTY = {
    "silent": (stay_silent, "did not answer within 1 seconds"),
    "drips": (drip, "did not answer within 1 seconds"),
    "floods": (flood, "more than 1 MB"),
    "hangs up": (lambda connection: None, "it cannot be reached"),
    "no HTTP": (lambda connection: connection.sendall(b"\x1b[31mSSH-2.0\r\n\r\n"), "no HTTP"),
    "no JSON": (saying(b"<html>"), "no JSON"),
    "a bomb": (saying(b"[" * 200_000), "no JSON"),
    "orders a terminal": (saying(json.dumps({"runtime": "\x1b]0;owned\x07"}).encode()), "does not say which version"),
    "an endless version": (saying(json.dumps({"runtime": "1." + "0" * 5000}).encode()), "does not say which version"),
    "older": (saying(b'{"service": "acme"}'), "does not say which version"),
    "redirects": (saying(b"", "302 Found"), "answers 302"),
    "fails": (saying(b"", "500 No"), "answers 500"),
}


def test_whatever_an_address_does_is_one_line(tmp_path: Path) -> None:
    with ExitStack() as stack:
        places = {stack.enter_context(listening(answer)): says for answer, says in NASTY.values()}
        places |= {"http://127.0.0.1:1": "it cannot be reached: Connection refused", "http://": "it is no address"}
        said = ask(*places)
    assert said.exit_code == 1
    lines = dict(line.split(None, 1) for line in said.stdout.splitlines()[1:])
    assert lines.keys() == places.keys()
    assert [(place, lines[place]) for place, says in places.items() if says not in lines[place]] == []
    assert "\x1b" not in said.output


def test_many_silent_ones_are_asked_together() -> None:
    with listening(stay_silent) as silent, listening(runs("2.0.0")) as well:
        silents = [f"{silent}/{number}" for number in range(health.MAX_PARALLEL + 1)]
        found = {one.place: one for one in outdated.look([*silents, well])}
    assert all("did not answer" in found[place].problem for place in silents)
    assert found[well].is_safe


def test_what_is_no_folder_of_ours_is_one_line(tmp_path: Path) -> None:
    said = ask(tmp_path, tmp_path / "nowhere")
    assert said.exit_code == 1
    assert len(said.stdout.splitlines()) == 3
    assert "has no .seamline/written.json" in said.output
    assert "there is no such folder" in said.output


def test_another_kind_of_address_is_a_mistake() -> None:
    said = ask("ftp://127.0.0.1")
    assert (said.exit_code, "is no address" in said.output) == (2, True)


def test_help_has_an_example() -> None:
    assert (
        "Example: extraction outdated ../parcels-service https://"
        in CliRunner().invoke(main, ["outdated", "-h"]).output
    )
