"""Whatever cuts it off, a folder is as it was, or the next update brings it to the end."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extraction.processes.errors import Refused
from extraction.updating import journal
from extraction.writing import writer
from extraction.writing.plan import File

BEFORE = (
    *(File(".seamline/written.json", b"old"), File("a", b"old\n"), File("d/gone", b"x\n"), File("d/e/gone", b"x\n")),
    *(File("run", b"#!\n"), File("link", b"", link="a"), File("stays", b"mine\n")),
)
WRITTEN = (
    *(File(".seamline/written.json", b"new"), File("a", b"new\n"), File("n/new", b"new\n")),
    *(File("run", b"#!\n", executable=True), File("link", b"", link="run")),
)
REMOVED = ("d/gone", "d/e/gone")
CHANGING = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.link", "os.symlink"}
"""What Python tells an audit hook of before it changes something."""
MAX_STEPS = 500


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writer.put(tmp_path / "folder", BEFORE)
    return tmp_path / "folder"


def replace(folder: Path) -> None:
    journal.replace(folder, WRITTEN, REMOVED, "told")


def state(folder: Path) -> dict[str, str]:
    """What a reader of the folder sees: all but where an update works, which git ignores."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {path.relative_to(folder).as_posix(): journal.describe(path) for path in paths}
    return {path: about for path, about in found.items() if not path.startswith(journal.FOLDER)}


def killed_at(step: int, folder: Path, work: Callable[[Path], object]) -> bool:
    """Work in a process that `kill -9` ends at its step, counted by what it changes; say whether it came so far."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in CHANGING and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)):  # type: ignore[operator]
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work(folder)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def kills(folder: Path, aside: Path, work: Callable[[Path], object]) -> Iterator[Path]:
    """Give a copy of a folder for each step at which the work in it was killed."""
    for step in range(MAX_STEPS):
        copy = aside / str(step)
        shutil.copytree(folder, copy, symlinks=True)
        if not killed_at(step, copy, work):
            return
        yield copy
    raise AssertionError("it never ended")


def test_it_writes_removes_and_leaves_nothing_of_its_own(folder: Path) -> None:
    replace(folder)
    assert state(folder) == {
        path: journal.describe(folder / path) for path in (*(file.path for file in WRITTEN), "stays")
    }
    assert (folder / "a").read_text() == "new\n"
    assert (folder / "link").readlink() == Path("run")
    assert os.access(folder / "run", os.X_OK)
    assert not (folder / "d").exists()
    assert not (folder / journal.FOLDER).exists()


def test_a_kill_at_any_step_leaves_it_as_it_was_or_to_be_finished(folder: Path, tmp_path: Path) -> None:
    before = state(folder)
    replaced = tmp_path / "replaced"
    shutil.copytree(folder, replaced, symlinks=True)
    replace(replaced)
    after = state(replaced)
    outcomes = []
    for copy in kills(folder, tmp_path, replace):
        begun = (copy / journal.JOURNAL).exists()
        if not begun:
            assert state(copy) in (before, after)
        told = journal.recover(copy)
        assert (told == "told") == begun
        assert state(copy) == (after if begun or state(copy) == after else before)
        assert not (copy / journal.FOLDER).exists()
        outcomes.append((begun, state(copy) == after))
    assert {(False, False), (True, True), (False, True)} <= {*outcomes}


def test_a_recovery_that_is_killed_is_recovered_from(folder: Path, tmp_path: Path) -> None:
    half = next(copy for copy in kills(folder, tmp_path, replace) if (copy / journal.JOURNAL).exists())
    (tmp_path / "again").mkdir()
    for copy in kills(half, tmp_path / "again", journal.recover):
        journal.recover(copy)
        assert (copy / "a").read_text() == "new\n"
        assert (copy / ".seamline/written.json").read_text() == "new"
        assert not (copy / "d").exists()


def test_git_sees_nothing_of_what_was_prepared(folder: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    half = next(copy for copy in kills(folder, tmp_path, replace) if (copy / journal.JOURNAL).exists())
    listed = subprocess.run(
        ["git", "-C", str(half), "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True
    )
    assert journal.FOLDER not in listed.stdout


def test_what_was_changed_after_it_was_cut_off_is_not_lost(folder: Path, tmp_path: Path) -> None:
    half = next(copy for copy in kills(folder, tmp_path, replace) if (copy / journal.JOURNAL).exists())
    (half / "a").write_text("of a person\n")
    with pytest.raises(Refused, match="a has been changed since"):
        journal.recover(half)
    assert (half / "a").read_text() == "of a person\n"
    (half / "a").write_text("old\n")  # as git brings it back
    assert journal.recover(half) == "told"
    assert (half / "a").read_text() == "new\n"


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """A process that was begun in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_comes_too_early_or_too_late(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is changed where it came before all was prepared, and all is in place where it came after."""
    before = state(folder)
    put = writer.put

    def interrupted(*arguments: object) -> None:
        put(*arguments)  # type: ignore[arg-type]
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(writer, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            replace(folder)
    assert state(folder) == before
    assert not (folder / journal.FOLDER).exists()

    take = journal._take

    def late(*arguments: object) -> None:
        signal.raise_signal(signal.SIGINT)
        take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "_take", late)
    replace(folder)
    assert (folder / "a").read_text() == "new\n"
    assert (folder / ".seamline/written.json").read_text() == "new"


@pytest.mark.parametrize("blocks", ["a folder in place of a file", "a link in place of a folder"])
def test_what_stands_in_the_way_is_refused_before_anything_changes(blocks: str, folder: Path, tmp_path: Path) -> None:
    if blocks.startswith("a folder"):
        (folder / "n/new").mkdir(parents=True)
    else:
        (tmp_path / "elsewhere").mkdir()
        (folder / "n").symlink_to(tmp_path / "elsewhere")
    before = state(folder)
    with pytest.raises(Refused, match="move it away first"):
        replace(folder)
    assert state(folder) == before
    assert not [*tmp_path.glob("elsewhere/*")]


def test_one_works_at_a_time(folder: Path) -> None:
    with journal.at_work(folder), pytest.raises(Refused, match="another update is at work"), journal.at_work(folder):
        pass
    with journal.at_work(folder):
        pass
