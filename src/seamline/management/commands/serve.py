"""`manage.py serve`: prepare the databases, then serve everything until told to stop."""

import os
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter

from seamline import demo, shutdown, topology
from seamline.module import extracted

STOPPING = b"\nStopping: what is under way is finished first. Ctrl-C again cuts it off, and loses nothing.\n"

PLACES = {
    "API": "/api/v1/",
    "Docs": "/api/docs",
    "Reference": "/api/redoc",
    "Schema": "/api/schema",
    "Admin": "/admin/",
    "Map": "/map",
    "Health": "/health",
}


class Command(BaseCommand):
    help = "Prepares the databases, then serves everything: API, documentation, admin, events, periodic jobs."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reload", action="store_true", help="in development: start anew whenever a file of the project was saved"
        )

    def handle(self, *args: object, **options: object) -> None:
        server = Server(self.announce)
        listens_already = is_given_sockets()
        for host, port in server.cfg.address if not listens_already else ():
            check_free(host, port)
        if options["reload"] and settings.DEVELOPMENT and not listens_already:
            self.reload(server.cfg.address)
            return

        self.step("preparing the databases")
        call_command("migrate_all", verbosity=0)
        if settings.DEVELOPMENT:
            self.step("loading the demo data")
            call_command("load_demo", verbosity=0)

        # A connection must not be shared with the workers, which are forks of this process.
        connections.close_all()
        shutdown.exit_if_requested()
        server.run()

    def reload(self, addresses: Sequence[tuple[str, int]]) -> None:
        try:
            from seamline.development import reloading
        except ImportError as error:
            raise CommandError(f"--reload needs the extra `reload` of seamline: {error}") from error
        # Also when it is the terminal that goes: nobody is left then to see what is served.
        shutdown.install()
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
        # Ignored, where a script started it in the background, and asked for all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        command = [sys.executable, *sys.argv]
        reloading.serve(command, Path(sys.argv[0]).resolve().parent, addresses, self.stdout.write)

    def step(self, what: str) -> None:
        shutdown.exit_if_requested()
        self.stdout.write(f"{what} …")
        self.stdout.flush()

    def announce(self, arbiter: Arbiter) -> None:
        [(host, port), *_] = arbiter.cfg.address
        self.stdout.write(banner(host, port, list(demo.logins()) if settings.DEVELOPMENT else []))
        self.stdout.flush()


class Server(Application):  # type: ignore[misc]  # gunicorn is not typed
    """Gunicorn, with this process as its arbiter."""

    def __init__(self, when_ready: Callable[[Arbiter], None]) -> None:
        self._announce = when_ready
        self._interrupted = False
        super().__init__(prog="serve")

    def load_config(self) -> None:
        self.load_config_from_module_name_or_filename("python:seamline.runtime.gunicorn_conf")
        self.cfg.set("when_ready", self.ready)

    def load(self) -> WSGIHandler:
        return get_internal_wsgi_application()

    def ready(self, arbiter: Any) -> None:
        if sys.stdin and sys.stdin.isatty():
            # The terminal was closed. Gunicorn would reload, and keep the port with nobody left to see it.
            signal.signal(signal.SIGHUP, lambda number, frame: arbiter.signal(signal.SIGTERM, frame))
        signal.signal(signal.SIGINT, partial(self.interrupt, arbiter))
        self._announce(arbiter)
        if shutdown.is_requested():
            arbiter.signal(signal.SIGTERM, None)

    def interrupt(self, arbiter: Any, number: int, frame: Any) -> None:
        """Ctrl-C: say at once that it was heard. The second one waits for nothing."""
        if self._interrupted:
            arbiter.kill_workers(signal.SIGKILL)
            return
        self._interrupted = True
        os.write(sys.stdout.fileno(), STOPPING)  # a handler may come in the middle of a print
        arbiter.signal(number, frame)


def is_given_sockets() -> bool:
    """Tell whether somebody else listens, and gave this process the sockets (sd_listen_fds(3))."""
    return os.environ.get("LISTEN_PID") == str(os.getpid())


def check_free(host: str, port: int) -> None:
    """Find out now, rather than after the databases have changed, that the address cannot be served."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or error
            message = f"cannot serve on {host}:{port}: {reason}; choose another PORT or HOST"
            raise CommandError(message) from error


def banner(host: str, port: int, logins: list[tuple[str, str]]) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound to  # nosec B104
    base = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    lines = ["", *(f"  {name:<10} {base}{path}" for name, path in PLACES.items())]
    unset = {name: f"nowhere: set {module.url_setting}" for name, module in extracted().items()}
    if elsewhere := {**unset, **topology.current().moved}:
        lines += ["", "  Elsewhere:"]
        lines += [f"  {module:<18} {url}" for module, url in sorted(elsewhere.items())]
    if logins:
        lines += ["", f"  Demo logins, all with the password {demo.PASSWORD}:"]
        lines += [f"  {login:<18} {who}" for login, who in logins]
    return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])
