"""The files that a module's rows name go along with them, by whatever field they are named."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console

from extraction import data
from extraction.data.files import Carried
from extraction.reading.project import Project
from extraction.writing.traits import Traits
from tests.extraction.databases import MODULE, Two, execute, two
from tests.extraction.miniature import Monolith
from tests.processes import Yard

SCHEMA = "CREATE TABLE thing (id int PRIMARY KEY, manual text, picture text)"
COLUMNS = (("thing", "manual"), ("thing", "picture"))
FIELD = """\
from django.db import models
from {package} import {name}

class Picture(models.Model):
    file = {name}(upload_to="pictures")
"""
THEIRS = {
    "theirs/__init__.py": "from theirs.fields import *\n",
    "theirs/fields.py": "from theirs.base import Base\n\nclass SmallPicture(Base): ...\n",
    "theirs/base.py": "from django.db.models import ImageField as Image\n\nclass Base(Mixin, Image): ...\n",
}


@pytest.fixture
def sides(the_yard: Yard, tmp_path: Path) -> Iterator[tuple[Two, Path, Path]]:
    """Two databases of which the source has rows that name files, and the folders of both sides."""
    with two(the_yard.database_url, SCHEMA) as made:
        execute(
            made.source, "INSERT INTO thing VALUES (1, 'a/one.txt', ''), (2, 'a/two.txt', 'b/x.png'), (3, NULL, NULL)"
        )
        here, there = tmp_path / "here", tmp_path / "there"
        for name in ("a/one.txt", "a/two.txt", "b/x.png", "of/somebody/else.txt"):
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_text(name)
        yield made, here, there


def copy(made: Two, here: Path | None, there: Path | None) -> Carried | None:
    source, target = (
        data.Database({name: str(value) for name, value in conninfo_to_dict(url).items()}, media, COLUMNS)
        for url, media in ((made.source, here), (made.target, there))
    )
    with data.bar(Console(quiet=True)) as bar:
        return data.copy(source, target, MODULE, bar, lambda what: None, replace=True).files


def test_those_that_rows_name_are_copied_and_no_others(sides: tuple[Two, Path, Path]) -> None:
    made, here, there = sides
    assert copy(made, here, there) == Carried(3, 25, ())
    assert {path.relative_to(there).as_posix(): path.read_text() for path in there.rglob("*") if path.is_file()} == {
        name: name for name in ("a/one.txt", "a/two.txt", "b/x.png")
    }


def test_a_second_time_takes_what_has_changed(sides: tuple[Two, Path, Path]) -> None:
    made, here, there = sides
    copy(made, here, there)
    os.utime(there / "a", (0, 0))
    kept = (there / "a/one.txt").stat().st_ino
    (here / "a/two.txt").write_text("changed")
    (there / "b/x.png").unlink()
    copy(made, here, there)
    assert (there / "a/one.txt").stat().st_ino == kept
    assert ((there / "a/two.txt").read_text(), (there / "b/x.png").read_text()) == ("changed", "b/x.png")


def test_what_is_not_there_or_leads_elsewhere_is_said(sides: tuple[Two, Path, Path], tmp_path: Path) -> None:
    made, here, there = sides
    (tmp_path / "secret").write_text("dear")
    (here / "a/one.txt").unlink()
    execute(made.source, "UPDATE thing SET picture = '../secret' WHERE id = 2")
    assert copy(made, here, there) == Carried(1, 9, ("a/one.txt", "../secret"))
    assert [path.name for path in there.rglob("*") if path.is_file()] == ["two.txt"]


def test_where_a_side_does_not_say_where_they_are_nothing_is_copied(sides: tuple[Two, Path, Path]) -> None:
    made, here, there = sides
    assert copy(made, here, None) is None
    assert copy(made, None, there) is None
    assert copy(made, here, here) == Carried(3, 25, ())


@pytest.mark.parametrize(
    ("package", "name", "keeps"),
    [
        ("django.db.models", "FileField", True),
        ("django.db.models.fields.files", "ImageField", True),
        ("modules.pens.fields", "OwnField", True),
        ("theirs", "SmallPicture", True),
        ("django.db.models", "FilePathField", False),
        ("nowhere.fields", "FileField", False),
    ],
)
def test_fields_made_from_a_file_field_are_found(
    package: str, name: str, keeps: bool, monolith: Monolith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, text in THEIRS.items():
        (tmp_path / "packages" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "packages" / path).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monolith.write(
        "src/modules/pens/fields.py", "from theirs import SmallPicture\n\nclass OwnField(SmallPicture): ...\n"
    )
    monolith.write("src/modules/pens/pictures.py", FIELD.format(package=package, name=name))
    assert Traits.of(Project.at(monolith.root), "pens").keeps_files is keeps
