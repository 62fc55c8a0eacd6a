"""`fold`: a service's module comes back into the monolith."""

from dataclasses import dataclass

from extraction import analysis
from extraction.analysis import Finding
from extraction.departure import service_repository
from extraction.departure.agreement import agreement
from extraction.departure.atomic_replace import replace_atomically
from extraction.departure.service_repository import Service
from extraction.processes import runner, vendored
from extraction.processes.errors import Refused
from extraction.reading.project import Project
from extraction.writing import runtime_wheel
from extraction.writing.plan import File

PINNING = frozenset({"requirement"})
"""Rules that are put right by `make lock`, once the module is back."""
LOCK = "run make lock"


@dataclass(frozen=True)
class Return:
    """What becomes of a monolith whose module comes back."""

    module: str
    written: tuple[File, ...]
    """The module's files, and what of its contract the service has otherwise."""
    removed: tuple[str, ...]
    """What stood for it meanwhile."""
    changed: tuple[str, ...]
    """Files that this repository never had as the service has them."""
    changes: tuple[str, ...]
    """How the contract has grown in the service."""
    runtime: tuple[str, str] | None
    """The versions of the runtime that it ran on and will run on, where those are two."""


def plan(project: Project, service: Service) -> Return:
    """Work out what is to be done, and change nothing. Raises `Refused`."""
    module = service.module
    if module in project.modules:
        raise Refused(f"{module} is at home: {project.folder(module)} has its code; nothing to fold")
    files = tuple(service_repository.read_files(service.project, service.folder))
    agreed = agreement(project, service, others=True)
    written = (*files, *agreed.files)
    paths = {file.path for file in written}
    here = project.files(service.folder) if module in project.departed else ()
    return Return(
        module=module,
        written=written,
        removed=tuple(path for path in here if path not in paths),
        changed=tuple(service_repository.find_unknown(project.root, files, service.project)),
        changes=agreed.changes,
        runtime=_runtimes(project, service),
    )


def fold(project: Project, back: Return) -> list[Finding]:
    """Do it, unless the monolith would not hold together: then nothing is changed. Raises `Refused`.

    Gives what is left to be pinned.
    """
    folder = project.folder(back.module)
    service_repository.refuse_uncommitted(project.root, [folder, *back.removed, *(file.path for file in back.written)])
    with replace_atomically(project.root, folder, back.written):
        whole = Project.at(project.root)
        found = analysis.check(whole, whole.modules)
        if hindering := [finding for finding in found if finding.rule not in PINNING]:
            raise Refused(f"the monolith would not hold together with it: {hindering[0]}")
        if not found:
            runner.run(project.root, "the monolith does not load with it", "manage.py", "check")
    # What is imported may be of what is required, under another name: once that is pinned, it is known.
    return [finding for finding in found if finding.fix == LOCK] or found


def _runtimes(project: Project, service: Service) -> tuple[str, str] | None:
    """Name both versions, where the service has a wheel of another runtime than the one here."""
    if not vendored.find_wheel(service.project.root):
        return None
    there, here = (runtime_wheel.find_for(each.root).version for each in (service.project, project))
    return (there, here) if there != here else None
