"""A survey for programs."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from extraction.survey.kinds import KINDS
from extraction.survey.report import Survey

VERSION = 1
"""Of the shape of what is written."""


def as_json(survey: Survey) -> dict[str, Any]:
    """Everything that was found; paths are from the project's root."""
    found = survey.findings
    counted = Counter(coupling.kind for coupling in found.couplings)
    return {
        "version": VERSION,
        "project": Path(found.root).name,
        "settings": found.settings,
        "files": found.files,
        "lines": found.lines,
        "apps": [asdict(app) for app in found.apps.values()],
        "kinds": [asdict(kind) | {"found": counted[kind.name]} for kind in KINDS.values()],
        "couplings": [asdict(coupling) for coupling in found.couplings],
        "outside": [asdict(coupling) for coupling in found.outside],
        "libraries": survey.libraries,
        "cycles": [asdict(cycle) for cycle in survey.cycles],
        "clusters": survey.clusters,
        "order": [asdict(step) for step in survey.steps],
        "staying": [asdict(each) for each in survey.staying],
        "notes": found.notes,
        "unreadable": [asdict(each) for each in found.unreadable],
    }
