"""Not mapped -> mapped: an app in the map of modules, and what it is tied by in the baseline."""

from collections import Counter
from dataclasses import replace

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.processes.errors import Refused
from extraction.ratchet.baseline import Baseline
from extraction.ratchet.comparison import judge
from extraction.ratchet.config import BASELINE, Config
from extraction.ratchet.modules import couplings_of_modules
from extraction.survey.model import EVERY, App

PYPROJECT = "pyproject.toml"
_MAX_NAMED = 6


def map_app(codebase: Codebase, app: App, changes: Changes) -> None:
    """Add an app to the map, and allow what it is tied by to the modules that are there. Raises `Refused`."""
    changes.put(PYPROJECT, add_to_map(changes.text(PYPROJECT), app.label, app.package))
    changes.notes.append(f"{PYPROJECT}: {app.label} = {app.package} is in the map of modules")
    before = codebase.config or Config({}, codebase.root / BASELINE)
    config = replace(before, modules={**before.modules, app.label: (app.package,)})
    couplings, _ = couplings_of_modules(codebase.root, config)
    baseline = Baseline.read(config.baseline)
    # Only what the new module is tied by is allowed now: what others came to have since stays new.
    own = [found for found in judge(couplings, baseline).new if app.label in (found.source, found.target)]
    allowed = Baseline(baseline.allowed + Baseline.of(own).allowed, baseline.reasons)
    path = config.baseline.relative_to(codebase.root).as_posix()
    changes.put(path, allowed.render())
    changes.notes.append(f"{path}: {len(own):,} couplings of {app.label} are allowed, and may only become fewer")
    _tell_neighbours(codebase, app, config, changes)


def add_to_map(text: str, label: str, package: str) -> str:
    """Add an entry to `[tool.seamline] modules`, and leave all else as it is written. Raises `Refused`."""
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise Refused(f"{PYPROJECT} cannot be read: {error}") from None
    tool = document.setdefault("tool", tomlkit.table(is_super_table=True))
    table = tool.setdefault("seamline", tomlkit.table())
    modules = table.get("modules")
    if modules is None:
        modules = tomlkit.table() if "modules" in table else tomlkit.inline_table()
        table["modules"] = modules
    modules = table["modules"]
    if not isinstance(modules, InlineTable | tomlkit.items.Table):
        raise Refused(f"{PYPROJECT}: [tool.seamline] modules is no table")
    modules[label] = package
    return tomlkit.dumps(document)


def _tell_neighbours(codebase: Codebase, app: App, config: Config, changes: Changes) -> None:
    """Say which apps it is tied to that nobody judges yet."""
    tied: Counter[str] = Counter()
    for found in codebase.findings.couplings:
        if app.label in (found.source, found.target):
            other = found.target if found.source == app.label else found.source
            if other != EVERY and not config.module_of(codebase.findings.apps[other].package):
                tied[other] += 1
    if tied:
        named = ", ".join(f"{label} {number}" for label, number in tied.most_common(_MAX_NAMED))
        more = f" and {len(tied) - _MAX_NAMED} more" if len(tied) > _MAX_NAMED else ""
        changes.notes.append(f"tied to apps outside the map, which nobody judges: {named}{more}; adopt them too")
