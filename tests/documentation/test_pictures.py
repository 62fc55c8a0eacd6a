"""The pictures are those that their script draws, and are XML that says what it shows."""

from pathlib import Path
from runpy import run_path
from xml.etree import ElementTree

import pytest

from tests.processes import REPOSITORY

DRAWN = [draw() for draw in run_path(str(REPOSITORY / "docs/pictures/draw.py"))["PICTURES"]]
SVG = sorted((REPOSITORY / "docs").rglob("*.svg"))


@pytest.mark.parametrize("picture", DRAWN, ids=lambda picture: picture.name)
def test_a_picture_is_as_its_script_draws_it(picture) -> None:  # type: ignore[no-untyped-def]
    path = REPOSITORY / f"docs/pictures/{picture.name}.svg"
    assert path.read_text() == picture.svg(), "run python docs/pictures/draw.py"


@pytest.mark.parametrize("path", SVG, ids=lambda path: path.name)
def test_a_picture_is_styled_and_described(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    name = "{http://www.w3.org/2000/svg}"
    assert (root.findtext(f"{name}title") or "").strip()
    assert (root.findtext(f"{name}desc") or "").strip()
    style = root.findtext(f"{name}style") or ""
    used = {word for element in root.iter() for word in element.get("class", "").split()}
    assert {word for word in used if f".{word}" not in style} == set()
