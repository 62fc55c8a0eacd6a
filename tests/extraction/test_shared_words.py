"""Contract files of types alone: no module's, to be used by all, and taken along by whom they are used."""

import shutil
from pathlib import Path

import pytest

from extraction import analysis
from tests.extraction.departed_repository import DepartedRepository
from tests.extraction.miniature import Monolith
from tests.processes import REPOSITORY

WORDS = """\
from typing import Annotated

import msgspec

Nib = Annotated[str, msgspec.Meta(max_length=9)]
Shade = Annotated[str, msgspec.Meta(max_length=5)]
"""
PENS = """\
from contracts.words import Nib
from seamline.contract import Contract, query

class Pens(Contract, module="pens"):
    @query
    def pen(self, nib: Nib) -> None: ...
"""
QUERIES = """\
from contracts.ink import Ink
from contracts.words import Nib
from seamline.calls import call

def pen(nib: Nib) -> None:
    return call(Ink).colour()
"""
INK = """\
from contracts.words import Shade
from seamline.contract import Contract, Event, query

class InkMixed(Event, key="ink"):
    ink: str

class Ink(Contract, module="ink"):
    @query
    def colour(self) -> Shade: ...
"""


@pytest.fixture
def worded(monolith: Monolith) -> Monolith:
    """A monolith in which a contract, and the module that serves it, use words of a file of their own."""
    monolith.write("contracts/words.py", WORDS)
    monolith.write("contracts/unheard.py", "Unheard = str\n")
    monolith.write("contracts/pens.py", PENS)
    monolith.write("src/modules/pens/queries.py", QUERIES)
    return monolith


def findings(monolith: Monolith) -> list[str]:
    return [str(finding) for finding in analysis.check(monolith.project, ["pens"])]


def test_words_need_no_declaration(worded: Monolith) -> None:
    assert not findings(worded)


def test_what_declares_a_contract_is_a_modules(worded: Monolith) -> None:
    worded.write("contracts/words.py", f"{WORDS}\nfrom seamline.contract import Event\n\nclass Said(Event): ...\n")
    assert any("[undeclared] contracts.words.Nib is of words" in finding for finding in findings(worded))


def test_what_is_called_like_a_module_is_that_modules(worded: Monolith) -> None:
    worded.write("contracts/ink.py", "Colour = str\n")
    worded.write("src/modules/pens/more.py", "from contracts.ink import Colour\n")
    worded.replace("src/modules/pens/module.py", "from contracts.ink import Ink, InkMixed\n", "")
    worded.replace("src/modules/pens/module.py", "calls=(Ink,),\n    subscribes=(InkMixed,),", "")
    assert any("[undeclared] contracts.ink.Colour is of ink" in finding for finding in findings(worded))


def test_words_travel_with_whom_they_are_used_by(worded: Monolith, tmp_path: Path) -> None:
    done = worded.extract(tmp_path / "service")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "service/contracts/words.py").read_text() == WORDS
    assert not (tmp_path / "service/contracts/unheard.py").exists()
    assert "  contracts     ink, pens\n" in done.output


@pytest.fixture
def left(tmp_path: Path) -> DepartedRepository:
    """A monolith that `pens` left for good, and its service; their contracts share words."""
    made = DepartedRepository.make(tmp_path).finished()
    for root in (made.monolith.root, made.service):
        shutil.copytree(REPOSITORY / "src/seamline/contract", root / "src/seamline/contract", dirs_exist_ok=True)
        for name, text in {"words": WORDS, "pens": PENS, "ink": INK}.items():
            (root / f"contracts/{name}.py").write_text(text)
    (made.service / "src/modules/pens/queries.py").write_text(QUERIES)
    (made.monolith.root / "contracts/paper.py").unlink()
    made.commit()
    return made


def words(left: DepartedRepository, old: str, new: str) -> None:
    """Have the service say it otherwise."""
    place = left.service / "contracts/words.py"
    place.write_text(place.read_text().replace(old, new))


def test_a_word_that_nobody_here_speaks_is_no_hindrance_to_coming_back(left: DepartedRepository) -> None:
    words(left, "Nib =", "Cap = str\nNib =")
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 0, done.output
    assert (left.monolith.root / "contracts/words.py").read_text() == WORDS


def test_words_that_only_the_service_has_come_along(left: DepartedRepository) -> None:
    (left.service / "contracts/caps.py").write_text("Cap = str\n")
    assert left.monolith.run("fold", left.service).exit_code == 0
    assert (left.monolith.root / "contracts/caps.py").read_text() == "Cap = str\n"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("9", "99", "contracts/words.py, which others' contracts use too, is otherwise here: make both the same"),
        ("9", "3", "contracts/pens.py: breaking"),
        ("5", "55", "contracts/ink.py: breaking"),
    ],
)
def test_a_word_of_another_meaning_is_refused(left: DepartedRepository, before: str, after: str, says: str) -> None:
    words(left, f"max_length={before}", f"max_length={after}")
    done = left.monolith.run("fold", left.service)
    assert done.exit_code == 1, done.output
    assert says in done.output
    assert (left.monolith.root / "src/modules/pens/module.py").read_text().count("ExtractedModule(") == 1
