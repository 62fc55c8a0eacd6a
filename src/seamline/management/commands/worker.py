"""`manage.py worker`: deliver events and run jobs from the broker's queues."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.module_loading import import_string
from prometheus_client import start_http_server

from seamline.databases import ownership
from seamline.observability import metrics
from seamline.runtime import celery_dispatcher

NOT_ASKED = 1
"""Exit status of a worker that ends though nobody has asked it to."""


class Command(BaseCommand):
    help = (
        "Deliver events and run periodic jobs, from the queues at CELERY_BROKER_URL, until told to stop.\n"
        "Example: manage.py worker --concurrency 4"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--modules", help="only what is to be done by these, with commas between; all of them where none is named"
        )
        parser.add_argument(
            "--metrics-port", type=int, help="serve what the processes count; needs PROMETHEUS_MULTIPROC_DIR"
        )
        parser.add_argument("--concurrency", type=int, default=2, help="processes that work at a time (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DELIVERY_BROKER_URL:
            raise CommandError(
                "set CELERY_BROKER_URL, such as redis://127.0.0.1:6379/0; without it the web process does this work"
            )
        if options["concurrency"] < 1:
            raise CommandError(f"--concurrency is {options['concurrency']}: it has to be 1 or more")
        ownership.refresh_known(settings.ACTIVE_MODULES)
        try:
            ownership.refuse_disagreeing(settings.ACTIVE_MODULES)
        except ownership.Disagreement as disagreement:
            raise CommandError(str(disagreement)) from None
        connections.close_all()  # none is to be shared with the processes that it starts
        if options["metrics_port"]:
            _serve_metrics(options["metrics_port"])
        app = import_string(settings.DELIVERY_CELERY_APP)
        worker = app.Worker(
            concurrency=options["concurrency"],
            loglevel="WARNING",
            queues=_queues(options["modules"]),
            without_gossip=True,
            without_mingle=True,
        )
        worker.start()
        # Only one that was asked to stop has a status of 0; a supervisor starts any other again.
        sys.exit(NOT_ASKED if worker.exitcode is None else worker.exitcode)


def _serve_metrics(port: int) -> None:
    if not settings.METRICS_FOLDER:
        raise CommandError("set PROMETHEUS_MULTIPROC_DIR to an empty folder: the processes count there")
    try:
        start_http_server(port, settings.HOST, metrics.registry())
    except OSError as error:
        raise CommandError(f"--metrics-port {port} cannot be served: {error.strerror}") from None


def _queues(modules: str | None) -> list[str]:
    if not modules:
        return celery_dispatcher.queues()
    wanted = {f"{settings.SERVICE_NAME}.{name.strip()}": name.strip() for name in modules.split(",")}
    for queue, name in wanted.items():
        if queue not in celery_dispatcher.queues():
            known = ", ".join(queue.partition(".")[2] for queue in celery_dispatcher.queues())
            raise CommandError(f"--modules names {name!r}; there are: {known}")
    return list(wanted)
