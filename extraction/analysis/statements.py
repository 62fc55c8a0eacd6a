"""The tables that a text names, if it is SQL: read by a parser, so that English is no SQL for having a `from` in it."""

import logging
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

# It warns of every statement that it knows only the first word of; those are read word by word here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

DIALECT = "postgres"
_WORD = re.compile(r"\w+")
_BEFORE_TABLES = frozenset(
    {"FROM", "INTO", "JOIN", "LOCK", "ON", "ONLY", "REFERENCES", "TABLE", "TRUNCATE", "UPDATE", "USING", ","}
)
_NAMES = frozenset({TokenType.IDENTIFIER, TokenType.VAR})
_STRINGS = frozenset({TokenType.HEREDOC_STRING, TokenType.RAW_STRING, TokenType.STRING})


class Named(NamedTuple):
    """A table or sequence that a text names."""

    name: str
    offset: int
    """Lines after the first."""


class Interest(NamedTuple):
    """Which names are looked for."""

    in_sql: Callable[[str], bool]
    """In what is SQL beyond doubt."""
    in_prose: Callable[[str], bool]
    """In what may as well be English."""


def named(sql: str, interest: Interest) -> Iterator[Named]:
    """The tables and sequences of interest that a text names, each once for each line."""
    if any(interest.in_sql(word) for word in _WORD.findall(sql)):
        wanted = interest.in_prose if _is_like_prose(sql) else interest.in_sql
        yield from dict.fromkeys(found for found in _names(sql, interest) if wanted(found.name))


def _names(sql: str, interest: Interest) -> Iterator[Named]:
    try:
        statements = sqlglot.parse(sql, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        yield from _of_fragment(sql, interest)
        return
    for statement in statements:
        if isinstance(statement, exp.Command):
            yield from _of_command(sql, interest)
        elif statement:
            yield from _of_statement(sql, statement, interest)


def _of_statement(sql: str, statement: exp.Expr, interest: Interest) -> Iterator[Named]:
    for node in statement.walk():
        if isinstance(node, exp.Table) and not _is_of_the_statement(node, statement):
            yield Named(node.name, _offset(sql, node.name))
        elif isinstance(node, exp.Literal | exp.RawString | exp.Heredoc) and not node.args.get("is_number"):
            yield from _in_string(sql, str(node.this), interest)


def _is_of_the_statement(table: exp.Table, statement: exp.Expr) -> bool:
    """Whether it is what a `WITH` calls so; in there the name still means the table itself."""
    around = table.find_ancestor(exp.CTE)
    called = {found.alias for found in statement.find_all(exp.CTE)}
    return table.name in called and (around is None or around.alias != table.name)


def _in_string(sql: str, text: str, interest: Interest) -> Iterator[Named]:
    """A name as PostgreSQL takes it from a string, `'public.ink_bottle'`, or the SQL of a function's body."""
    name = text.replace('"', "").rpartition(".")[2]
    if name.isidentifier():
        yield Named(name, _offset(sql, name))
    else:
        start = _offset(sql, text.strip().partition("\n")[0])
        yield from (Named(found.name, start + found.offset) for found in named(text, interest))


def _of_command(sql: str, interest: Interest) -> Iterator[Named]:
    """Every name in a statement that the parser only knows the first word of: `LOCK`, `EXPLAIN`, `DO`."""
    for token in _tokens(sql):
        if token.token_type in _STRINGS:
            yield from _in_string(sql, token.text, interest)
        elif token.token_type in _NAMES:
            yield Named(token.text, token.line - 1)
    # What follows such a word is one token to the parser.
    yield from (Named(word[0], sql.count("\n", 0, word.start())) for word in _WORD.finditer(sql))


def _of_fragment(sql: str, interest: Interest) -> Iterator[Named]:
    """The tables in a piece of a statement, `JOIN ink_bottle ON …`; only those that surely are tables."""
    tokens = _tokens(sql)
    if tokens and tokens[0].token_type not in _NAMES and not _is_like_prose(sql):
        for before, token in pairwise(tokens):
            if before.text.upper() in _BEFORE_TABLES and token.token_type in _NAMES and interest.in_prose(token.text):
                yield Named(token.text, token.line - 1)


def _tokens(sql: str) -> list[Token]:
    try:
        return sqlglot.tokenize(sql, dialect=DIALECT)
    except SqlglotError:
        return []


def _offset(sql: str, name: str) -> int:
    place = re.search(rf"(?<!\w){re.escape(name)}", sql)
    return sql.count("\n", 0, place.start()) if place else 0


def _is_like_prose(sql: str) -> bool:
    """Whether it begins as a sentence does: `Select what you like`."""
    first = _WORD.search(sql)
    return bool(first and first[0].istitle() and len(first[0]) > 1)
