"""Findings that somebody accepts, with a reason beside them: `# seam: accept sql -- read only, and gone by spring`.

The comment stands on the line that the finding names, or alone on the line above it. It names the rules that it is
about. One without a reason, of an unknown rule, or with nothing to accept is a finding itself.
"""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from extraction.analysis.finding import Finding
from extraction.reading.project import Project

RULE = "accept"
NEVER = frozenset({RULE, "contract", "manifest", "package", "syntax", "unserved"})
"""What the system does not start with, or the check does not see through."""
RULES = frozenset(
    {"address", "cache", "command", "database", "dynamic-import", "endpoint", "file", "import", "library", "model"}
    | {"model-name", "relation", "requirement", "setting", "signal", "sql", "state", "static", "template"}
    | {"transaction", "undeclared", "unused"}
)
"""What can be accepted."""
FORM = "write # seam: accept RULE -- why"
_COMMENT = re.compile(r"(?:#|--)\s*seam:\s*accept\b(?P<rules>[^#\n]*?)(?:--\s*(?P<reason>[^\n]*?))?\s*(?:#}|-->)?\s*$")


class Acceptance(NamedTuple):
    """A comment that accepts findings."""

    path: str
    line: int
    rules: tuple[str, ...]
    reason: str
    covers: int
    """The line that it is about."""


class Judged(NamedTuple):
    """Findings, sorted by whether somebody accepts them."""

    open: list[Finding]
    accepted: list[tuple[Finding, str]]
    """With the reasons."""


def judge(project: Project, modules: Iterable[str], found: Iterable[Finding]) -> Judged:
    """Sort the findings of some modules, and add those about the comments themselves."""
    given = [comment for module in modules for comment in comments(project, module)]
    remaining, accepted = [], []
    used: set[Acceptance] = set()
    for finding in sorted(found):
        by = [c for c in given if (c.path, c.covers) == (finding.path, finding.line) and finding.rule in c.rules]
        good = next((comment for comment in by if comment.reason and finding.rule not in NEVER), None)
        used.update(by)
        if good:
            accepted.append((finding, good.reason))
        else:
            remaining.append(finding)
    remaining += [finding for comment in given for finding in _objections(comment, comment in used)]
    return Judged(sorted(remaining), accepted)


def _objections(comment: Acceptance, is_used: bool) -> Iterator[Finding]:
    unknown = sorted({*comment.rules} - RULES)
    if not comment.rules:
        yield Finding(comment.path, comment.line, RULE, "what is accepted here is not said", FORM)
    elif unknown:
        message = f"{', '.join(unknown)} cannot be accepted"
        yield Finding(comment.path, comment.line, RULE, message, f"name one or more of {', '.join(sorted(RULES))}")
    elif not comment.reason:
        message = f"{', '.join(comment.rules)} is accepted here without a reason"
        yield Finding(comment.path, comment.line, RULE, message, FORM)
    elif not is_used:
        message = f"{', '.join(comment.rules)} is accepted here, and nothing like it is found"
        yield Finding(comment.path, comment.line, RULE, message, "remove the comment")


@cache
def comments(project: Project, module: str) -> tuple[Acceptance, ...]:
    """The comments in a module's files."""
    return tuple(
        comment
        for path in project.files(project.folder(module))
        if (text := _text(project, path)) and "seam:" in text
        for comment in _in_file(path, text)
    )


def _text(project: Project, path: str) -> str:
    try:
        return (project.root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def _in_file(path: str, text: str) -> Iterator[Acceptance]:
    lines = text.splitlines()
    for number, comment in _comments(path, text):
        if match := _COMMENT.search(comment):
            line = lines[number - 1]
            alone = line.strip().startswith(("#", "--", "{#", "<!--"))
            covers = number + 1 if alone and path.endswith((".py", ".sql", ".html", ".in")) else number
            rules = tuple(word for word in re.split(r"[\s,]+", match["rules"]) if word)
            yield Acceptance(path, number, rules, (match["reason"] or "").strip(), covers)


def _comments(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Each comment with its line; in Python not what only looks like one, in a string."""
    if not path.endswith(".py"):
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
