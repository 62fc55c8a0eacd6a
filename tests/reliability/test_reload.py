"""`make run`: saving a file is enough, nobody is refused meanwhile, and nothing is left over."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from seamline.development.reloading import is_source
from tests.client import Client
from tests.processes import Deployable, Yard
from tests.system.place import lay_out
from tests.waiting import eventually

API = "src/modules/notes/api.py"


@pytest.fixture
def developed(the_yard: Yard, tmp_path: Path) -> Iterator[Deployable]:
    with the_yard.deployable("developed", lay_out(tmp_path / "system")) as deployable:
        deployable.command = ("manage.py", "serve", "--reload")
        yield deployable.launch().until_ready()
        if deployable.process:
            deployable.stop()


def title(deployable: Deployable) -> str:
    """What the documentation says of an operation; asked at any moment, and always answered."""
    schema = Client(deployable.url).page("/api/schema?format=json").expect(200)
    summary: str = schema["paths"]["/api/v1/notes/{parcel_id}"]["get"]["summary"]
    return summary


def save(deployable: Deployable, before: str, after: str) -> None:
    file = deployable.root / API
    file.write_text(file.read_text().replace(before, after))


def test_a_saved_file_is_served_and_nobody_is_refused_meanwhile(developed: Deployable) -> None:
    summary = title(developed)
    for number in range(2):
        save(developed, summary, summary := f"List them, as of {number}")
        eventually(lambda: title(developed), lambda said, wanted=summary: said == wanted)
    assert developed.process is not None
    processes = psutil.Process(developed.process.pid).children(recursive=True)
    assert len(processes) == 2, "the server and its one worker"

    save(developed, "class NotesView", "class (NotesView")
    eventually(lambda: "SyntaxError" in developed.log.read_text(), bool)
    save(developed, "class (NotesView", "class NotesView")
    assert title(developed) == summary, "it waited for the one that starts"

    developed.stop()
    assert not [process for process in processes if process.is_running()]


def test_what_is_saved_in_a_row_ends_in_one_that_serves_the_last(developed: Deployable) -> None:
    summary = title(developed)
    for number in range(100):
        save(developed, summary, summary := f"List them, as of {number}")
    eventually(lambda: title(developed), lambda said: said == "List them, as of 99")


@pytest.mark.parametrize(
    ("file", "is_watched"),
    [
        ("src/modules/notes/api.py", True),
        ("src/modules/notes/templates/notes.html", True),
        (".env", True),
        ("src/modules/notes/__pycache__/api.py", False),
        ("src/modules/notes/.api.py.swp", False),
        ("src/modules/notes/tests/test_notes.py", False),
        ("var/log.txt", False),
    ],
)
def test_what_is_watched(file: str, is_watched: bool) -> None:
    root = Path("/var/tests/project")
    assert is_source(root, 1, str(root / file)) == is_watched  # type: ignore[arg-type]
