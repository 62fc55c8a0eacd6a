"""The next stage of an app, whichever that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from extraction.adopting import asking
from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring import declare
from extraction.adopting.mapping import map_app
from extraction.adopting.owning import own_data
from extraction.processes.errors import Refused
from extraction.ratchet.baseline import Baseline
from extraction.ratchet.comparison import judge
from extraction.ratchet.config import read_config
from extraction.ratchet.modules import couplings_of_modules
from extraction.reading.stages import Stage
from extraction.survey.model import Coupling
from extraction.survey.scan import Report


@dataclass(frozen=True, slots=True)
class Done:
    """A stage, worked out and not yet written."""

    app: str
    stage: str
    changes: Changes
    next: Mapping[str, str]
    """Commands, each with what it is for."""


def adopt(root: Path, label: str, python: str | None = None, report: Report = lambda done, total: None) -> Done:
    """Work out the next stage of an app.

    `python` runs the project's own code, where that has to be asked. Raises `NoDjangoProject`, `Misconfigured`,
    `InvalidArgument` for an app that is not there, `Obstructed` with what stands in the way, and `Refused`.
    """
    codebase = Codebase.at(root, report)
    app = codebase.app(label)
    stage, changes = codebase.stage(app), Changes(codebase.root)
    again = {"python manage.py test": "your own tests, or however you run them", "git diff": "what to review"}
    if stage is None:
        map_app(codebase, app, changes)
        return Done(label, Stage.MAPPED.value, changes, _next(label, "a contract, once you are ready for it"))
    if stage is Stage.MAPPED:
        declare(codebase, app, changes)
        return Done(label, Stage.DECLARED.value, changes, again | _next(label, "data of its own: months later will do"))
    if stage is Stage.DECLARED:
        # In a copy of the project none would be found.
        own_data(codebase, app, changes, python or asking.interpreter(codebase.root))
        return Done(label, Stage.OWN_DATA.value, changes, again | _leave(label))
    if stage is Stage.OWN_DATA:
        raise Refused(f"{label} has data of its own; what comes next is a service: extraction extract {label} --into …")
    raise Refused(f"{label} left: it is a service already")


def check(root: Path) -> tuple[int, list[Coupling]]:
    """Take off the baseline what a change mended. Returns how many that were, and what is new. Raises as `adopt`."""
    config = read_config(root)
    couplings, _ = couplings_of_modules(root, config)
    verdict = judge(couplings, Baseline.read(config.baseline))
    verdict.remaining.write(config.baseline)
    return sum(verdict.mended.values()), verdict.new


def _next(label: str, purpose: str) -> dict[str, str]:
    return {"python -m extraction check": "nothing new between modules", f"python -m extraction adopt {label}": purpose}


def _leave(label: str) -> dict[str, str]:
    copy = f"python -m extraction data copy {label} --from URL --to URL --app {label}"
    return {
        copy: "its rows, from the common database",
        f"python -m extraction extract {label} --into ../{label}-service": "a service of its own",
    }
