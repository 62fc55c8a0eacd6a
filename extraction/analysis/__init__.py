"""Can a module leave? Everything that import-linter cannot see is looked for here."""

from collections.abc import Iterable

from extraction.analysis import acceptance, preconditions, rules
from extraction.analysis.acceptance import Judged
from extraction.analysis.finding import Finding
from extraction.analysis.registry import RULES, Subject
from extraction.reading.project import Project

__all__ = ["Finding", "Judged", "check", "judge", "rules"]


def check(project: Project, modules: Iterable[str]) -> list[Finding]:
    """What stands in the way of these modules' leaving, by place. Nothing found is an empty list."""
    return judge(project, modules).open


def judge(project: Project, modules: Iterable[str]) -> Judged:
    """Find what stands in the way of these modules' leaving, and what of it is accepted by a comment with a reason.

    Where files cannot be read, or modules cannot be told, only that is said: the rest would be guesses.
    """
    if found := set(preconditions.check(project)):
        return Judged(sorted(found), [])
    names = tuple(modules)
    return acceptance.judge(
        project, names, {finding for module in names for rule in RULES for finding in rule(Subject(project, module))}
    )
