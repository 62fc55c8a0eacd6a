"""How gunicorn serves, for `manage.py serve` and `gunicorn -c`: one process, with threads."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from config import identity

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker


def number(name: str, default: int, most: int) -> int:
    given = os.environ.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= most):
        sys.exit(f"error: {name} is {given!r}, and has to be a number from 1 to {most}")
    return int(given)


# Only this machine is served unless somebody says otherwise, as a container does with HOST=0.0.0.0.
host = os.environ.get("HOST") or "127.0.0.1"
port = number("PORT", identity.PORT, 65535)
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

worker_class = "config.worker.Worker"
workers = number("WEB_WORKERS", 1, 64)
threads = number("WEB_THREADS", 4, 256)
keepalive = 5
graceful_timeout = 10

# gunicorn_h1c where it is installed. It is not required, because it comes as source only.
http_parser = "auto"

# The application writes a line for each request itself.
accesslog = None
loglevel = os.environ.get("GUNICORN_LOG_LEVEL") or "warning"

# It would be a file in the user's home folder, the same for every server.
control_socket_disable = True

# A worker shows that it is alive by touching a file, which must not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def post_worker_init(worker: "Worker") -> None:
    from config.background import start

    start()


def worker_exit(server: "Arbiter", worker: "Worker") -> None:
    from config.background import stop

    # The arbiter calls this too, for a worker that it finds dead.
    if worker.pid == os.getpid():
        stop()
