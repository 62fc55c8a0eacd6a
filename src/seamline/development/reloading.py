"""Serving that starts anew when a file was saved, with the address and the database server kept.

The parent holds both: a request that comes while the server starts waits for it, and is not refused. What fails to
start is waited for too, until the next file is saved.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from watchfiles import Change, watch

STOP_SECONDS = 10.0
"""Seconds that what is under way may take, before a server that is to start anew is cut off."""
SUFFIXES = frozenset({".css", ".html", ".j2", ".jinja", ".js", ".json", ".py", ".sql", ".toml", ".txt", ".yaml"})
UNWATCHED = frozenset({"__pycache__", "node_modules", "tests", "var"})
# The protocol of systemd's sockets, which gunicorn speaks (sd_listen_fds(3)): they are numbered from 3 on, and for the
# process that LISTEN_PID names, which exec keeps.
_LISTENING = 'n=3; for s in $SOCKETS; do eval "exec $n<&$s"; n=$((n+1)); done; LISTEN_PID=$$ exec "$@"'

Say = Callable[[str], None]


def serve(command: Sequence[str], root: Path, addresses: Sequence[tuple[str, int]], say: Say) -> None:
    """Run a command that serves, and run it anew whenever a file below `root` was saved; until Ctrl-C or SIGTERM."""
    with listening(addresses) as sockets, suppress(KeyboardInterrupt):
        server = Server(command, sockets)
        try:
            server.start()
            for changes in watch(*_find_sources(root), watch_filter=partial(is_source, root), raise_interrupt=True):
                changed = sorted(Path(path) for _, path in changes)
                more = f" and {len(changed) - 1} more" if changed[1:] else ""
                say(f"{changed[0].relative_to(root)}{more} changed: starting anew …")
                server.stop()
                server.start()
        finally:
            server.stop()


def is_source(root: Path, change: Change, path: str) -> bool:
    """Tell whether what is served may depend on a file."""
    file = Path(path).relative_to(root)
    hidden = file.name.startswith(".") and file.name != ".env"
    return not hidden and (file.suffix in SUFFIXES or file.name == ".env") and UNWATCHED.isdisjoint(file.parts)


class Server:
    """A process that serves, on sockets of this one."""

    def __init__(self, command: Sequence[str], sockets: Sequence[socket.socket]) -> None:
        self._command = ["/bin/sh", "-c", _LISTENING, "sh", *command]
        self._sockets = [each.fileno() for each in sockets]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        given = {"SOCKETS": " ".join(map(str, self._sockets)), "LISTEN_FDS": str(len(self._sockets))}
        self._process = subprocess.Popen(self._command, env={**os.environ, **given}, pass_fds=self._sockets)

    def stop(self) -> None:
        """End it, once what is under way is finished; nothing where it has ended by itself."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)  # gunicorn's quick end, which takes its workers along
            self._process.wait()
        self._process = None


@contextmanager
def listening(addresses: Sequence[tuple[str, int]]) -> Iterator[list[socket.socket]]:
    """Listen on these addresses, for who is given the sockets."""
    sockets = []
    try:
        for host, port in addresses:
            sockets.append(socket.create_server((host, port), family=_family(host), backlog=128))
        yield sockets
    finally:
        for each in sockets:
            each.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _find_sources(root: Path) -> Iterator[Path]:
    """Find what to watch: the folders below the root that something loaded is from, and the settings."""
    files = (Path(getattr(module, "__file__", None) or "/") for module in list(sys.modules.values()))
    tops = {file.relative_to(root).parts[0] for file in files if file.is_relative_to(root)}
    yield from (root / top for top in sorted({*tops, ".env"}) if (root / top).exists() and top != ".venv")
