"""Run Python in a folder: what a project's code has to say, and what comes of running it, is learnt here alone.

A project's code runs in processes of its own, in its folder, with its own Python where it has one, and with none of
the environment but what says who and where we are: this shell's settings are not another folder's.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import Any

from extraction.processes import interruption, vendored
from extraction.processes.errors import Refused

HOME = Path(__file__).parents[2]
"""Where this package is found by its name."""
KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR")
TIMEOUT_SECONDS = 120.0
_lent = [sys.executable]


def run(
    folder: Path,
    problem: str,
    *command: str,
    timeout: float | None = None,
    settings: Mapping[str, str] | None = None,
    python: str | None = None,
) -> None:
    """Run Python in a folder. Raises `Refused` with the problem, and all that was said."""
    done = _execute(folder, problem, command, timeout, settings or {}, python, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Refused(f"{problem}:\n{_text(done.stdout)}")


def ask(
    folder: Path,
    problem: str,
    *command: str,
    timeout: float | None = None,
    settings: Mapping[str, str] | None = None,
    python: str | None = None,
    given: str = "",
) -> str:
    """Run Python in a folder, and return what it prints. Raises `Refused` with the problem, and the last complaint."""
    pipes = {"given": given.encode(), "stderr": subprocess.PIPE}
    done = _execute(folder, problem, command, timeout, settings or {}, python, **pipes)
    if done.returncode:
        complaint = _text(done.stderr) or _text(done.stdout) or "it did not say why"
        raise Refused(f"{problem}: {complaint.splitlines()[-1].removeprefix('error: ')}")
    return done.stdout.decode(errors="replace")


@contextmanager
def start(
    folder: Path, *command: str, settings: Mapping[str, str], python: str | None = None, **pipes: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start Python in a folder. At the end of the block it is gone, with all that it started."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with interruption.deferred():
            process = subprocess.Popen(
                [python or interpreter(folder), *command],
                cwd=folder,
                env=environment(folder, **settings),
                start_new_session=True,
                **pipes,
            )
        yield process
    finally:
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with process:
                process.wait()


def interpreter(folder: Path) -> str:
    """Choose the Python of a folder: of its own virtual environment, where it was run before, or lent, or ours."""
    own = folder / ".venv" / "bin" / "python"
    return str(own) if own.exists() else _lent[-1]


@contextmanager
def lending(python: str) -> Iterator[None]:
    """Have folders without a Python of their own use this one: it has what their code imports."""
    _lent.append(python)
    try:
        yield
    finally:
        _lent.pop()


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Make the environment of a process in a folder. It writes nothing into the folder by itself."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": import_path(folder)} | settings


def import_path(folder: Path) -> str:
    """Say where Python finds a deployable's code: first of all the runtime in its `vendor/`, whatever is beside it."""
    runtime = [str(vendored.runtime_path(folder))] if vendored.find_wheel(folder) else []
    return os.pathsep.join([*runtime, ".", "src"])


def untestable_reason(folder: Path) -> str | None:
    """Say why a service's tests cannot be run: its Python has not what they need where it was only served."""
    own = folder / ".venv" / "bin"
    if (own / "pytest").exists() or not own.exists():
        return None
    return "its Python has no pytest: `make lint` there installs what they need; --no-tests leaves them out"


def _execute(
    folder: Path,
    problem: str,
    command: Sequence[str],
    timeout: float | None,
    settings: Mapping[str, str],
    python: str | None = None,
    **pipes: Any,
) -> subprocess.CompletedProcess[bytes]:
    limit = TIMEOUT_SECONDS if timeout is None else timeout
    try:
        return interruption.run(
            [python or interpreter(folder), *command],
            None if limit == inf else limit,
            cwd=folder,
            env=environment(folder, **settings),
            stdout=subprocess.PIPE,
            **pipes,
        )
    except subprocess.TimeoutExpired:
        what = shlex.join(command[:1] if command[0] == "-c" else command)
        raise Refused(f"{problem}: python {what} did not end within {limit:g} seconds; see what it waits for") from None


def _text(said: bytes) -> str:
    return said.decode(errors="replace").strip()
