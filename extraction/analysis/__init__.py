"""Can a module leave? Everything that import-linter cannot see is looked for here."""

from collections.abc import Iterable

from extraction.analysis import layout, rules
from extraction.analysis.finding import Finding
from extraction.analysis.registry import RULES, Subject
from extraction.project import Project

__all__ = ["Finding", "check", "rules"]


def check(project: Project, modules: Iterable[str]) -> list[Finding]:
    """What stands in the way of these modules' leaving, by place. Nothing found is an empty list.

    Where files cannot be read, or modules cannot be told, only that is said: the rest would be guesses.
    """
    found = set(layout.check(project))
    if not found:
        found = {finding for module in modules for rule in RULES for finding in rule(Subject(project, module))}
    return sorted(found)
