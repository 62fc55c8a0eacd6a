"""`extract` in a project of any layout that has a map of modules."""

from pathlib import Path

import click

from extraction.adopting import asking
from extraction.adopting.changes import Obstructed
from extraction.adopting.codebase import Codebase
from extraction.adopting.leaving.planning import plan_service
from extraction.cli.common import OUT, fail, refusing, step
from extraction.cli.survey import Progress
from extraction.cli.writing import show_dry, show_next, write
from extraction.processes import boot, runner
from extraction.ratchet.config import Config, read_config
from extraction.ratchet.modules import couplings_of_modules
from extraction.survey import NoDjangoProject
from extraction.writing import writer


@refusing
def extract_from_project(
    root: Path,
    module: str,
    into: Path,
    python: Path | None,
    dry_run: bool,
    from_index: bool,
    no_verify: bool,
    server: str | None,
) -> None:
    """Write a module of somebody's project as a service, verify it, and say what to do next."""
    writer.refuse_unless_free(into, root)
    step(f"checking {module}")
    try:
        config = read_config(root)
        if module not in config.modules:
            raise click.BadParameter(f"there is no module {module!r}; there are: {', '.join(config.modules)}")
        _refuse_couplings(root, config, module)
        codebase = Codebase.at(root, Progress())
        leaving = plan_service(codebase, module, str(python) if python else None, from_index=from_index)
    except NoDjangoProject as error:
        fail(str(error))
    except Obstructed as error:
        for remark in error.remarks:
            click.echo(str(remark))
        fail(str(error))
    for remark in leaving.remarks:
        OUT.print(str(remark), markup=False)
    if dry_run:
        show_dry(leaving.plan, into)
        return
    with runner.lending(str(python) if python else asking.interpreter(root)):
        write(leaving.plan, into, root, no_verify, server or boot.find_configured_url(root))
    started = f"{leaving.plan.url_setting}=http://127.0.0.1:{leaving.plan.port} python manage.py runserver"
    show_next(leaving.plan, into, started)


def _refuse_couplings(root: Path, config: Config, module: str) -> None:
    couplings, _ = couplings_of_modules(root, config, Progress())
    found = [each for each in couplings if module in (each.source, each.target)]
    for each in found:
        click.echo(f"{each.path}:{each.line}: [{each.kind}] {each.source} -> {each.target}: {each.text}")
    if found:
        fail(f"{module} cannot leave yet: put right the {len(found)} above. Nothing was written")
