#!/usr/bin/env python
"""Django's command line. In development, unless DATABASE_URL is set, an embedded PostgreSQL runs beside a command."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WITHOUT_DATABASE = frozenset({"check", "collectstatic", "diffsettings", "help", "interface", "spectacular", "version"})


def main(arguments: Sequence[str]) -> None:
    if arguments[1:] and not arguments[1].startswith("-"):
        # A module of Python cannot be named as commands are elsewhere: personal-data is personal_data.
        arguments = [arguments[0], arguments[1].replace("-", "_"), *arguments[2:]]
    sys.path.insert(0, str(ROOT / "src"))
    from django.core.management import execute_from_command_line

    from seamline.runtime import startup

    # Before anything is started or changed.
    startup.load()
    if os.environ.get("DATABASE_URL") or os.environ.get("ENVIRONMENT", "development") != "development":
        execute_from_command_line(list(arguments))
    else:
        with embedded_database(start=needs_database(arguments)):
            execute_from_command_line(list(arguments))


def needs_database(arguments: Sequence[str]) -> bool:
    command = next(iter(arguments[1:]), "help")
    asks_for_help = command.startswith("-") or bool({"-h", "--help"} & set(arguments))
    return not asks_for_help and command not in WITHOUT_DATABASE


@contextmanager
def embedded_database(*, start: bool) -> Iterator[None]:
    from seamline import shutdown
    from seamline.development.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

    postgres = EmbeddedPostgres(ROOT / "var" / "postgres")
    os.environ["DATABASE_URL"] = postgres.url
    if not start:
        yield
        return
    # Being asked to end is no reason to leave the server behind.
    shutdown.install()
    try:
        with postgres.running():
            yield
    except EmbeddedPostgresError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    try:
        main(sys.argv)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
