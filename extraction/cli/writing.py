"""A service is written: what that says, and what comes next."""

import shlex
from functools import partial
from pathlib import Path

from extraction.cli.common import OUT, print_commands, relative_path, step
from extraction.processes import boot
from extraction.writing import plan, verification, writer


def show_dry(planned: plan.Plan, into: Path) -> None:
    """Print what would be written."""
    OUT.print("\n".join(f"  {path}" for path in planned.paths), markup=False)
    _show_plan(planned, into, "would become")


def write(planned: plan.Plan, into: Path, root: Path, no_verify: bool, server: str | None) -> None:
    """Write a service, verified, and say what it is. Raises `Refused`."""
    _show_plan(planned, into, "becomes")
    skip_reason = "--no-verify" if no_verify else boot.unavailable_reason(server)
    step("writing and verifying it")
    verify = partial(verification.verify, planned, step=step, boots=not skip_reason, server=server)
    no_history_reason = writer.write(planned, into, root, verify)
    verified = f"what can be read of it; it was not started: {skip_reason}" if skip_reason else "it starts, and answers"
    OUT.print(f"{planned.service} is in {relative_path(into)}", markup=False)
    OUT.print(f"  verified      {verified}", markup=False)
    OUT.print(
        f"  history       {f'none: {no_history_reason}' if no_history_reason else 'one commit on main'}", markup=False
    )
    if planned.from_index:
        named = " and ".join(wheel.requirement() for wheel in planned.wheels)
        OUT.print(f"  index         has to have {named}", markup=False)


def _show_plan(planned: plan.Plan, into: Path, becomes: str) -> None:
    size = sum(len(file.content) for file in planned.files) // 1024
    OUT.print(
        f"{planned.module} {becomes} {planned.service} in {relative_path(into)}: {len(planned.paths)} files, {size} kB",
        markup=False,
    )
    OUT.print(f"  contracts     {', '.join(planned.contracts)}", markup=False)
    OUT.print(f"  requirements  {', '.join(planned.requirements)}", markup=False)


def show_next(planned: plan.Plan, into: Path, monolith: str) -> None:
    """Print the three commands that come next, of which one starts the monolith."""
    there = f"cd {shlex.quote(relative_path(into))} && "
    commands = {
        f"{there}make run": f"the service, at http://127.0.0.1:{planned.port}",
        monolith: "the monolith, here, using it",
        f"{there}make test": "the service's own checks and tests",
    }
    print_commands(commands)
