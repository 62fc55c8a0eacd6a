"""Templates of other apps: included, extended, or rendered."""

import re
from collections.abc import Iterator

from extraction.survey.facts import Clue
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule

_NAME = re.compile(r"[\w./-]+\.(html?|txt|xml|jinja2?|j2|mjml|djhtml|md)")
_TAG = re.compile(r"""\{%-?\s*(?:include|extends|import|from|includeblocks)\s+["']([^"'\n]+)["']""")
_COMMENT = re.compile(r"\{#.*?#\}|\{%-?\s*comment\b.*?endcomment\s*-?%\}", re.DOTALL)


def collect(subject: Subject) -> Iterator[tuple[int, str]]:
    """Notice strings that look like the name of a template."""
    for node in () if subject.module.is_migration else subject.module.strings:
        value = getattr(node, "value", None)
        if isinstance(value, str) and _NAME.fullmatch(value):
            yield node.lineno, value


def of_template(text: str) -> Iterator[tuple[int, str]]:
    """Notice what a template includes or extends."""
    for match in _TAG.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def without_comments(text: str) -> str:
    """Blank out what a template only says to its readers."""
    return _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose template it is; an own one of that name comes first."""
    owners = place.index.templates.get(clue.data, [])
    if owners and place.app not in owners and owners[0] is not None:
        yield from place.to("template", clue.line, owners[0], clue.data, f"uses the template {clue.data}")


rule("templates", collect, resolve)
