"""SQL that is written out and names another app's table."""

import ast
import re
from collections.abc import Iterator

from extraction.survey.facts import Clue
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule

_SQL = re.compile(
    r"\b(select\b.*\bfrom|insert\s+into|update\s+[\w\".]+\s+(as\s+\w+\s+)?set|delete\s+from|(inner|left|right|cross|full)?\s*join\s+"
    r"[\w\"]|alter\s+table|create\s+(or\s+replace\s+)?(unique\s+)?(table|index|view|trigger|materialized|function)|"
    r"drop\s+(table|index|trigger|view)|truncate|lock\s+table|copy\s+\w+)\b",
    re.IGNORECASE | re.DOTALL,
)
_NAMED = re.compile(
    r"\b(?:from|join|into|update|table|on|references|truncate|only|copy|using)\s+\"?(\w+)\"?", re.IGNORECASE
)
_COMPOUND = re.compile(r"\b[A-Za-z]\w*_\w+\b")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_RAW = frozenset({"extra", "RawSQL", "raw", "execute", "executemany", "RunSQL"})
_RAW_DEPTH = 5
_MAX_WORDS = 500


def collect(subject: Subject) -> Iterator[tuple[int, tuple[tuple[int, str], ...]]]:
    """Notice strings that are SQL by their words, or by where they are handed to."""
    for node in subject.module.strings:
        sql = _text(node)
        if len(sql) < 8 or not (_SQL.search(sql) or _is_handed_on(subject, node)):
            continue
        sql = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), sql)
        words = {m[1].lower(): m.start(1) for m in reversed(list(_NAMED.finditer(sql)))}
        words |= {m[0].lower(): m.start() for m in reversed(list(_COMPOUND.finditer(sql)))}
        if words:
            many_lines = (node.end_lineno or node.lineno) > node.lineno
            found = [(node.lineno + (sql.count("\n", 0, at) if many_lines else 0), word) for word, at in words.items()]
            yield node.lineno, tuple(sorted(found)[:_MAX_WORDS])


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return str(node.value)


def _is_handed_on(subject: Subject, node: ast.AST) -> bool:
    at: ast.AST | None = node
    for _ in range(_RAW_DEPTH):
        at = subject.module.parents.get(id(at))
        if isinstance(at, ast.Call):
            name = at.func.attr if isinstance(at.func, ast.Attribute) else getattr(at.func, "id", "")
            return name in _RAW
    return False


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose tables are named."""
    for line, word in clue.data:
        if model := place.index.tables.get(word):
            yield from place.to(
                "raw-sql", line, model.app, model.label, f"names {word}, the table of {model.label}, in SQL"
            )


rule("sql", collect, resolve)
