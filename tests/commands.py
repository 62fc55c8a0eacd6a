"""Management commands, run as from a script: nobody is there to ask."""

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from django.core.management import CommandError, call_command


class Said(NamedTuple):
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str


def run(name: str, *arguments: str) -> Said:
    """Run a command in this process."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            call_command(name, *arguments, stdout=out, stderr=err)
        except SystemExit as end:
            status = int(end.code or 0)
        except CommandError as error:
            status = error.returncode
            err.write(str(error))
    return Said(status, out.getvalue(), err.getvalue())
