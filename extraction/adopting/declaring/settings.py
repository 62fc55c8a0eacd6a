"""The runtime in somebody's settings: an app, and one call at the end of the file."""

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase

CALL = "deployable.settings("
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
    last = paths[-1]
    text = changes.text(last)
    changes.put(last, f"{text.rstrip()}\n{_LINES}" if text.strip() else _LINES.lstrip())
    changes.notes.append(f"{last}: the app seamline, and one call at the end; settings of other places need the same")
