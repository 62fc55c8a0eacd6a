"""Python of other versions than ours: what is older or newer is put into our words, line for line."""

import ast
import logging
import re
from contextlib import suppress
from functools import cache
from typing import Any

_PARAMETERS = re.compile(r"^([ \t]*(?:class|(?:async[ \t]+)?def)[ \t]+\w+)\[", re.MULTILINE)
_ALIAS = re.compile(r"^([ \t]*)type[ \t]+(\w+)(\[)?(?=[^\n]*=)", re.MULTILINE)
_ASYNC = re.compile(r"\basync\b(?![ \t]+(?:def|for|with)\b)")
_EXCEPTED = re.compile(r"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)(?=[ \t]*:)", re.MULTILINE)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_OF_PYTHON_2 = (
    "print",
    "except",
    "exec",
    "raise",
    "throw",
    "numliterals",
    "ne",
    "repr",
    "unicode",
    "tuple_params",
    "paren",
)


def parse(text: bytes) -> ast.Module:
    """Parse a file of whatever Python. Raises the SyntaxError of our own, ValueError, RecursionError or MemoryError."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        tree = _parse_translated(text)
        if tree is None:
            raise error
        return tree


def _parse_translated(text: bytes) -> ast.Module | None:
    """Translate one thing after the other, until it can be parsed."""
    try:
        translated = _decoded(text)
    except (UnicodeError, LookupError):
        return None
    for translate in (_without_type_parameters, _with_excepted_in_parentheses, _with_async_as_a_name, _from_python_2):
        with suppress(SyntaxError, ValueError):
            translated = translate(translated)
            return ast.parse(translated)
    return None


def _decoded(text: bytes) -> str:
    coding = next((match[1].decode() for line in text.splitlines()[:2] if (match := _CODING.match(line))), "utf-8")
    return re.sub(r"^([ \t\f]*#.*?)coding[:=]", r"\1", text.decode(coding), count=1)


def _without_type_parameters(text: str) -> str:
    """Blank out `[T]` of `def f[T](…)` and `class A[T]:`, and `type` of `type A = …`: syntax of Python 3.12."""
    text = _ALIAS.sub(lambda match: f"{match[1]}{match[2]}{match[3] or ''}", text)
    for match in reversed(list(_PARAMETERS.finditer(text))):
        end = _closing(text, match.end() - 1)
        blank = re.sub(r"[^\n]", "", text[match.end() - 1 : end])
        # A line break must not end the statement, so it goes inside the parenthesis that follows, if one does.
        at = end + 1 if text[end : end + 1] == "(" else end
        text = text[: match.end() - 1] + text[end:at] + blank + text[at:]
    return text


def _closing(text: str, at: int) -> int:
    """The place after the bracket that closes the one here."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


def _with_excepted_in_parentheses(text: str) -> str:
    """Write `except A, B:` of Python 3.14 as it was before; of Python 2, whose B is a variable, it says enough."""
    return _EXCEPTED.sub(r"\1(\2)", text)


def _with_async_as_a_name(text: str) -> str:
    """Rename what was called `async` before Python 3.7."""
    return _ASYNC.sub("async_", text)


def _from_python_2(text: str) -> str:
    """Translate what our parser refuses of Python 2; the lines stay, but for arguments that are tuples."""
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    try:
        return str(_python_2().refactor_string(f"{text}\n", "<file>"))
    except (ParseError, TokenError, UnicodeError) as error:
        raise ValueError(str(error)) from error


@cache
def _python_2() -> Any:
    from fissix.refactor import RefactoringTool

    logging.getLogger("RefactoringTool").setLevel(logging.ERROR)
    return RefactoringTool([f"fissix.fixes.fix_{name}" for name in _OF_PYTHON_2])
