"""A rolling restart of two processes behind a real balancer, under load: nobody's request fails."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.brokers import Process
from tests.client import Client
from tests.load import Load
from tests.processes import Deployable, Yard, answers, free_port
from tests.waiting import eventually

NGINX, HAPROXY = Path("/usr/sbin/nginx"), Path("/usr/sbin/haproxy")

NGINX_CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream acme {{
        server 127.0.0.1:{one} fail_timeout=1s;
        server 127.0.0.1:{two} fail_timeout=1s;
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://acme;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
        }}
    }}
}}
"""
HAPROXY_CONFIG = """
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout check 10s
    option redispatch
frontend acme
    bind 127.0.0.1:{port}
    default_backend processes
backend processes
    balance roundrobin
    option httpchk GET /health/ready
    default-server check inter 300ms fall 2 rise 1
    server one 127.0.0.1:{one}
    server two 127.0.0.1:{two}
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def pair(the_yard: Yard, the_system: Path) -> Iterator[tuple[Deployable, Deployable]]:
    with (
        the_yard.deployable("rolled-one", the_system, DRAIN_SECONDS="5") as one,
        the_yard.deployable("rolled-two", the_system, DRAIN_SECONDS="5") as two,
    ):
        one.launch()
        two.launch()
        yield one.until_ready(), two.until_ready()


@pytest.mark.parametrize(
    ("program", "arguments", "text"),
    [(NGINX, ["-c"], NGINX_CONFIG), (HAPROXY, ["-f"], HAPROXY_CONFIG)],
    ids=["nginx", "haproxy"],
)
def test_a_rolling_restart_fails_nobody(
    program: Path,
    arguments: list[str],
    text: str,
    pair: tuple[Deployable, Deployable],
    tmp_path: Path,
    stack: ExitStack,
) -> None:
    if not program.exists():
        pytest.skip(f"there is no {program}")
    one, two = pair
    port = free_port()
    config = tmp_path / "balancer.conf"
    config.write_text(text.format(folder=tmp_path, port=port, one=one.port, two=two.port))
    balancer = Process([str(program), *arguments, str(config)], tmp_path / "balancer.log").start()
    stack.callback(balancer.end, signal.SIGTERM)
    eventually(lambda: answers(port), bool)
    client = Client(f"http://127.0.0.1:{port}")
    eventually(lambda: client.afresh().get("/parcels").status, lambda status: status == 200)

    with Load(client.base_url) as load:
        for deployable in pair:
            served = requests_served(deployable)
            eventually(lambda: requests_served(deployable), lambda now: now > served)  # noqa: B023 - called here
            deployable.stop()
            served = requests_served(deployable)
            deployable.launch().until_ready()
            # So that the balancer has somebody when the other one goes.
            eventually(lambda: requests_served(deployable), lambda now: now > served)  # noqa: B023
    assert load.answers.keys() == {200, 401}, f"{load.answers}\n{balancer.log.read_text()}"
    assert load.answers.total() > 100


def requests_served(deployable: Deployable) -> int:
    return deployable.log.read_text().count('"route":"/api/v1/parcels"')
