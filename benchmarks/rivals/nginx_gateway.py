"""A gateway that is one already: nginx, as an ingress has it, passing everything on by connections that are kept."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import Absent
from benchmarks.processes import Server, program, until_listening
from tests.processes import free_port

PLACES = (os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin")
"""Debian installs it where only root's PATH leads."""
WRITTEN = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
"""What it has a temporary folder for, made when it starts, used or not."""
# Without the limit on requests it would end a client's connection every now and then, and the load with it.
_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    {paths}
    keepalive_requests 1000000000;
    upstream service {{
        server 127.0.0.1:{upstream};
        keepalive 8;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Server]:
    """nginx in the foreground, which passes everything on to a port of this machine. Raises `Absent`."""
    binary = shutil.which("nginx", path=os.pathsep.join(PLACES))
    if not binary:
        raise Absent("there is no nginx on this machine")
    folder.mkdir()
    port, log = free_port(), folder / "log"
    paths = "\n    ".join(f"{name}_temp_path {folder}/{name};" for name in WRITTEN)
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, paths=paths, upstream=upstream, port=port))
    with program(log, binary, "-c", str(configuration), "-p", str(folder)) as started:
        yield until_listening(started, port, log)
