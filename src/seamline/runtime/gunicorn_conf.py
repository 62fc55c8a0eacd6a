"""How gunicorn serves, for `manage.py serve` and `gunicorn -c`: one process, with threads."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from seamline.runtime import startup

# Here too, so that gunicorn says what is wrong with the configuration once, and not each worker at its start.
startup.load()

from django.conf import settings  # noqa: E402  found only now

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

_host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
# With a port of its own for contract calls, the other one is for everybody.
bind = [f"{_host}:{port}" for port in (settings.PORT, settings.CONTRACTS_PORT) if port]

worker_class = "seamline.runtime.serving.worker.Worker"
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
worker_connections = settings.WEB_CONNECTIONS
keepalive = settings.KEEPALIVE_SECONDS
# For all that a worker does when it ends: it drains, finishes requests (10 s) and deliveries (3 s).
graceful_timeout = settings.DRAIN_SECONDS + 15

# gunicorn_h1c where it is installed. It is not required, because it comes as source only.
http_parser = "auto"

# Whom to believe is settled at the edge of the application, by TRUSTED_PROXIES.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# The application writes a line for each request itself.
accesslog = None
loglevel = settings.GUNICORN_LOG_LEVEL

# It would be a file in the user's home folder, the same for every server.
control_socket_disable = True

# A worker shows that it is alive by touching a file, which must not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # nosec B108


def on_reload(server: "Arbiter") -> None:
    from seamline.runtime.serving import reload

    reload.replace_up_to(server.worker_age)


def post_worker_init(worker: "Worker") -> None:
    from seamline.runtime.background import start

    start()


def worker_exit(server: "Arbiter", worker: "Worker") -> None:
    from seamline.runtime.background import stop

    # The arbiter calls this too, for a worker that it finds dead.
    if worker.pid == os.getpid():
        stop()


def child_exit(server: "Arbiter", worker: "Worker") -> None:
    if settings.METRICS_FOLDER:
        from prometheus_client.multiprocess import mark_process_dead

        # What it has counted stays; what it was is no more.
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
