"""Requirements: what is imported is pinned, or the service would lack it."""

import sys
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.dependencies import OWN
from extraction.requirements import canonical, distributions


@rule
def unpinned(subject: Subject) -> Iterator[Finding]:
    """A third-party import that no requirements file pins: for tests dev.txt, for the rest base.txt."""
    for source in subject.sources:
        stem = "dev" if source.is_test else "base"
        pinned = subject.project.locks[stem].pins.keys() if stem in subject.project.locks else frozenset()
        for item in source.imports:
            top = item.module.partition(".")[0]
            if top in OWN or top in sys.stdlib_module_names or not top:
                continue
            if not distributions().get(top, frozenset({canonical(top)})) & pinned:
                message = f"{top} is imported, and no requirement brings it"
                fix = f"add its distribution to requirements/{stem}.in and run make lock"
                yield Finding(source.path, item.line, "requirement", message, fix)
