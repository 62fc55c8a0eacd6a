"""Text that people write: no control characters, nothing that turns the line around, not blank.

U+202E and its like show a text in another order than it is stored in ("Trojan Source", CVE-2021-42574): a name could
read as somebody else's.
"""

import msgspec

from seamline.contract.money import whole

_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
DIRECTIONS = r"\u202a-\u202e\u2066-\u2069"
"""Characters that turn the line around, as part of a regular expression's class."""
_SPACES = r" \u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f"
_BLANK = rf"{_SPACES}\u202f\u205f-\u2064\u2800\u3000\u3164\ufeff\uffa0"
"""What shows nothing: spaces, joiners and marks, and letters that are empty."""
_LINES = r"\t\n"
_REFUSED = "Expected text that is not blank, without control characters or characters that turn the line around"


def text(
    max_length: int,
    *,
    lines: bool = False,
    optional: bool = False,
    description: str | None = None,
    examples: list[str] | None = None,
) -> msgspec.Meta:
    """Describe a text that people write, of so many characters at most: `Annotated[str, text(40)]`.

    With `lines` it may have several lines; with `optional` it may be empty. It is for what is taken in: what was stored
    before there were such rules would not fit everywhere.
    """
    blank = _BLANK + _LINES if lines else _BLANK
    refused = _CONTROLS + DIRECTIONS + ("" if lines else _LINES)
    # Blanks first, then one that is none: nothing is tried twice, however long the text is.
    pattern = f"[{blank}]*[^{refused}{blank}][^{refused}]*"
    return msgspec.Meta(
        pattern=whole(f"({pattern})?" if optional else pattern),
        min_length=None if optional else 1,
        max_length=max_length,
        description=description,
        examples=examples,
    )


def reword(message: str) -> str:
    """Say in words what a decoder says of a text by its pattern; other messages stay."""
    start, is_pattern, rest = message.partition("Expected `str` matching regex ")
    if not is_pattern or (_SPACES.replace("\\", "\\\\") not in rest and _SPACES not in rest):
        return message
    _, at, path = rest.rpartition(" - at `")
    return f"{start}{_REFUSED}{at}{path if at else ''}"
