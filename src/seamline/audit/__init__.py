"""Do the modules agree? Each module states facts of its own; rules above the modules compare the facts of several.

    modules/parcels/audit.py        FACTS, and `checks()` of its own tables
            │  by the audit facet, a second contract that every module serves
    the rules of the deployable     RULES, in the package that the setting AUDIT_RULES names
            │
    manage.py audit                 one report

What is on its way (an event that is not delivered, a saga that is not finished, a change of the last minute) is
settling, and no disagreement yet.
"""

from seamline.audit.facts import Fact, Facts, fact, text_of_counts
from seamline.audit.findings import Checked, Finding, is_young, pages, undo
from seamline.audit.report import Report, run, wait_until_settled
from seamline.audit.rules import Kind, Rule

__all__ = [
    "Checked",
    "Fact",
    "Facts",
    "Finding",
    "Kind",
    "Report",
    "Rule",
    "fact",
    "is_young",
    "pages",
    "run",
    "text_of_counts",
    "undo",
    "wait_until_settled",
]
