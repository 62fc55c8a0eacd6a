"""What people write: the same rules in a body, in a call here and in a call elsewhere."""

import time
from typing import Annotated, Any

import msgspec
import pytest

from seamline.calls.wire import codec
from seamline.contract import Contract, InvalidArguments, Value, query, text
from seamline.http.problems import Invalid

Line = Annotated[str, text(40)]
Letter = Annotated[str, text(2000, lines=True, optional=True)]


class Names(Contract, module="names", version=1):
    """Takes a name."""

    @query
    def greet(self, name: Line) -> Line:
        """Say hello."""


class Note(Value):
    line: Line = "x"
    letter: Letter = ""


GOOD = ("Eve", " Eve ", "Eve\u00a0L.", "李", "م", "👩\u200d👧", "e\u0301", "👍\ufe0f", "O'Neill <3", "\u200fعلي")
BAD = ("", " ", "\u00a0\u3000", "\u200b", "\u3164", "\u2800", "A\x00", "A\x1b[2J", "A\x85", "A\u2028", "A\n", "A\tb")
TURNED = tuple(f"A{chr(point)}b" for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@pytest.mark.parametrize("name", GOOD)
def test_names_of_people_are_taken(name: str) -> None:
    assert msgspec.convert({"line": name, "letter": f"{name}\n\t{name}"}, Note).line == name


@pytest.mark.parametrize("name", [*BAD, *TURNED], ids=ascii)
def test_what_shows_nothing_or_something_else_is_refused_here_and_there(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"line": name}, Note)
    [greet] = Names.operations.values()
    with pytest.raises(InvalidArguments):
        codec(greet).decode_arguments(codec(greet).encode_arguments((name,), {}))


@pytest.mark.parametrize(
    ("letter", "fits"), [("", True), ("a\n\tb", True), ("\n", False), ("a\u202eb", False)], ids=ascii
)
def test_a_letter_has_lines_or_is_empty(letter: str, fits: bool) -> None:
    try:
        assert msgspec.convert({"letter": letter}, Note).letter == letter and fits
    except msgspec.ValidationError:
        assert not fits


def test_what_is_wrong_is_said_in_words() -> None:
    def said(body: Any) -> tuple[str, str]:
        with pytest.raises(msgspec.ValidationError) as refused:
            msgspec.convert(body, Note)
        [error] = Invalid.of(refused.value).errors
        return error.path, error.message

    assert said({"line": "\u202e"}) == ("$.line", said({"letter": " "})[1])
    assert said({"line": " "})[1].startswith("Expected text that is not blank")
    assert "length" in said({"line": "x" * 41})[1]


def test_no_text_takes_long_to_be_refused() -> None:
    began = time.process_time()
    for body in (" " * 2000, "a" * 1999 + "\u202e", " a" * 999 + "\x00"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"letter": body}, Note)
    assert time.process_time() - began < 0.1
