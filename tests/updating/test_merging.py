"""What was written, what is written now and what stands there become one, by git's own merge."""

import subprocess
from pathlib import Path

import pytest

from extraction.processes.errors import Refused
from extraction.updating.merging import Merged, Scratch
from extraction.writing import writer
from extraction.writing.plan import File

TEXT = "".join(f"line {number}\n" for number in range(12))
MINE, NEW = TEXT.replace("line 1\n", "mine\n"), TEXT.replace("line 10\n", "new\n")
BINARY = bytes(range(256)) * 4


def text(path: str, content: str = TEXT, *, executable: bool = False) -> File:
    return File(path, content.encode(), executable)


def merge(folder: Path, base: list[File], ours: list[File], theirs: list[File]) -> Merged:
    writer.put(folder, ours)
    with Scratch(folder, "seamline-2.0.0") as scratch:
        return scratch.merge(base, theirs)


def become(folder: Path, base: list[File], ours: list[File], theirs: list[File]) -> dict[str, File]:
    """Merge, and give the files that are there then."""
    merged = merge(folder, base, ours, theirs)
    there = {file.path: file for file in ours} | {file.path: file for file in merged.written}
    return {path: file for path, file in there.items() if path not in merged.removed}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ([text("a")], [text("a", MINE)], [text("a", NEW)], [text("a", MINE.replace("line 10\n", "new\n"))]),
        ([text("a")], [text("a")], [text("a"), text("d/new", "x\n")], [text("a"), text("d/new", "x\n")]),
        ([text("a"), text("b", "b\n")], [text("a"), text("b", "b\n")], [text("a")], [text("a")]),
        ([text("a")], [text("a", MINE)], [text("d/b")], [text("d/b", MINE)]),
        ([text("a")], [text("mine/a")], [text("a", NEW)], [text("mine/a", NEW)]),
        ([text("a")], [text("a", MINE)], [text("a", executable=True)], [text("a", MINE, executable=True)]),
        ([text("a", executable=True)], [text("a", executable=True)], [text("a")], [text("a")]),
        (
            [File("l", b"", link="x")],
            [File("l", b"", link="x")],
            [File("l", b"", link="y")],
            [File("l", b"", link="y")],
        ),
        ([File("i", BINARY)], [File("i", BINARY)], [File("i", BINARY[::-1])], [File("i", BINARY[::-1])]),
        ([text("a")], [], [text("a", NEW)], []),
        ([text("a")], [text("a", MINE)], [], [text("a", MINE)]),
        ([text("a")], [text("a"), text("of.mine")], [text("a", NEW)], [text("a", NEW), text("of.mine")]),
        ([text("d/a"), text("b")], [text("b")], [text("d/a"), text("d/new", "x\n"), text("b")], [text("b")]),
        ([text("a b/ü\n")], [text("a b/ü\n")], [text("a b/ü\n", NEW)], [text("a b/ü\n", NEW)]),
    ],
    ids=[
        *("both change", "new", "gone", "renamed there", "renamed here", "may be run now", "may not be run any more"),
        *("link", "binary", "removed here", "removed there and changed here", "of one's own", "folder removed here"),
        "odd names",
    ],
)
def test_both_sides_are_kept(
    base: list[File], ours: list[File], theirs: list[File], expected: list[File], tmp_path: Path
) -> None:
    assert become(tmp_path, base, ours, theirs) == {file.path: file for file in expected}


def test_a_line_that_both_changed_is_marked(tmp_path: Path) -> None:
    both = (TEXT.replace("line 5", whose) for whose in ("mine", "theirs"))
    mine, new = both
    merged = merge(tmp_path, [text("a")], [text("a", mine)], [text("a", new)])
    assert merged.conflicts == ("a",)
    [file] = merged.written
    assert b"<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> seamline-2.0.0\n" in file.content


def test_a_binary_file_that_both_changed_stays_as_it_is(tmp_path: Path) -> None:
    merged = merge(tmp_path, [File("i", BINARY)], [File("i", BINARY + b"\0")], [File("i", b"\0" + BINARY)])
    assert (merged.written, merged.conflicts) == ((), ("i",))
    assert merged.notes == ("i was changed here too, and cannot be merged: yours stays",)


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    base = [text("gone.here"), text("gone.there", "one\ntwo\n"), text("d/a", "x\n"), text("b", "b\n")]
    ours = [text("gone.there", "one\ntwo\nmine\n"), text("b", "b\n")]
    theirs = [text("gone.here", NEW), text("d/a", "x\n"), text("d/new", "y\n"), text("b", "b\n")]
    merged = merge(tmp_path, base, ours, theirs)
    assert (merged.written, merged.removed, merged.conflicts) == ((), (), ())
    assert [note.split()[0] for note in merged.notes] == ["gone.here", "gone.there", "d/"]


def test_what_is_ignored_or_of_git_alone_is_left_alone(tmp_path: Path) -> None:
    writer.put(tmp_path, [text(".env", "SECRET=1\n"), text(".venv/lib/x", "x\n"), text(".gitignore", ".env\nkept\n")])
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    merged = merge(tmp_path, [text("kept")], [text("kept", MINE)], [text("kept", NEW)])
    assert [file.path for file in merged.written] == ["kept"]
    assert merged.conflicts == merged.removed == ()


def test_filters_and_hooks_of_the_folder_are_not_run(tmp_path: Path) -> None:
    writer.put(tmp_path, [text(".gitattributes", "* text eol=crlf filter=lfs merge=union\n")])
    assert become(tmp_path, [text("a")], [text("a", MINE)], [text("a", NEW)])["a"].content.count(b"\r") == 0


@pytest.mark.parametrize("stands", ["link", "folder"])
def test_what_is_of_another_kind_here_is_refused(stands: str, tmp_path: Path) -> None:
    mine = File("a", b"", link="b") if stands == "link" else text("a/of.mine", "x\n")
    with pytest.raises(Refused, match="move yours away first"):
        merge(tmp_path, [text("a")], [mine], [text("a", NEW)])


def test_nothing_is_written_into_the_folder(tmp_path: Path) -> None:
    merge(tmp_path, [text("a")], [text("a", MINE)], [text("a", NEW), text("new")])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == MINE
