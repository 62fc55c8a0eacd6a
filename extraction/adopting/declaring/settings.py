"""The runtime in somebody's settings: an app, and one call at the end of the file."""

import re

from extraction.adopting import asking
from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.processes.errors import Refused

CALL = "deployable.settings("
_EVERYTHING = re.compile(r"^from (\S+) import \*", re.MULTILINE)
_LINES = """
# The runtime of those apps that are modules. It has the last word, so it stands at the end.
from seamline import deployable  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "seamline"]  # noqa: F405
globals().update(deployable.settings(globals()))
"""


def add_call(codebase: Codebase, changes: Changes) -> None:
    """Add the runtime to the settings that `manage.py` names, unless some file of theirs has it."""
    paths = codebase.findings.settings
    if any(CALL in changes.text(path) for path in paths):
        return
    if not paths:
        changes.remark("manage.py", 1, f"TODO no settings were found: end them with what the runtime needs, {CALL}…)")
        return
    chosen = _entry(codebase) or paths[-1]
    text = changes.text(chosen)
    changes.put(chosen, f"{text.rstrip()}\n{_LINES}" if text.strip() else _LINES.lstrip())
    beside = ", ".join(_beside(codebase, chosen))
    others = f"; those beside it need the same: {beside}" if beside else "; settings of other places need the same"
    changes.notes.append(f"{chosen}: the app seamline, and one call at the end{others}")


def _entry(codebase: Codebase) -> str | None:
    """Find the file that Django is told of: what that takes in is read before all is said."""
    try:
        stem = asking.name_settings(codebase.root).replace(".", "/")
    except Refused:
        return None
    places = [f"{root}{stem}{end}" for root in ("", codebase.source_root) for end in (".py", "/__init__.py")]
    return next((path for path in places if (codebase.root / path).is_file()), None)


def _beside(codebase: Codebase, chosen: str) -> list[str]:
    """Name other files that take in all of what the chosen one takes in: those of other machines."""
    text = (codebase.root / chosen).read_text(errors="replace")
    bases = set(_EVERYTHING.findall(text))
    folder = (codebase.root / chosen).parent
    found = (path for path in sorted(folder.glob("*.py")) if path != codebase.root / chosen)
    alike = (path for path in found if bases & set(_EVERYTHING.findall(path.read_text(errors="replace"))))
    return [path.relative_to(codebase.root).as_posix() for path in alike]
