"""What a command wrote is kept beside it, to be compared with later."""

from pathlib import Path

import pytest

from extraction.processes.errors import Refused
from extraction.writing import runtime_wheel, writer, written_record
from extraction.writing.plan import File

FILES = (File("b.py", b"second\n"), File("a/run", b"#!/bin/sh\n", executable=True), File("c", b"", link="a"))


def kept(folder: Path, files: tuple[File, ...] = FILES) -> Path:
    writer.put(folder, [*files, *written_record.record(files, "extract", {"port": 8001})])
    return folder


def test_what_is_kept_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = written_record.read(kept(tmp_path))
    assert sorted(found.files, key=lambda file: file.path) == sorted(FILES, key=lambda file: file.path)
    assert (found.manifest.command, found.manifest.options) == ("extract", {"port": 8001})
    assert found.manifest.version == runtime_wheel.find().version


def test_the_same_files_in_any_order_give_the_same_bytes() -> None:
    once, again = (written_record.record(files, "new", {}) for files in (FILES, FILES[::-1]))
    assert once == again
    assert [file.path for file in once] == list(written_record.PATHS)
    assert written_record.record([*FILES, *once], "new", {}) == once


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"has no \.seamline/written\.json"):
        written_record.read(tmp_path)


@pytest.mark.parametrize("path", written_record.PATHS)
def test_a_record_that_was_cut_short_is_refused(path: str, tmp_path: Path) -> None:
    place = kept(tmp_path) / path
    place.write_bytes(place.read_bytes()[:-40])
    with pytest.raises(Refused, match=r"have git bring"):
        written_record.read(tmp_path)


def test_files_that_the_manifest_does_not_know_are_refused(tmp_path: Path) -> None:
    other = {file.path: file for file in written_record.record(FILES[:1], "extract", {})}
    (kept(tmp_path) / written_record.PRISTINE).write_bytes(other[written_record.PRISTINE].content)
    with pytest.raises(Refused, match=r"is not what \.seamline/written\.json says"):
        written_record.read(tmp_path)


def test_a_record_of_a_later_format_is_refused(tmp_path: Path) -> None:
    place = kept(tmp_path) / written_record.MANIFEST
    place.write_text(place.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(Refused, match="written by a later version"):
        written_record.read(tmp_path)
