"""etcd as a real process: one member, on ports of its own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.brokers import Process
from tests.processes import answers, free_port
from tests.tools import require_tool
from tests.waiting import eventually


class EtcdServer(Process):
    """A server that may be stopped and started again; its data stays."""

    port: int

    @property
    def url(self) -> str:
        return f"etcd://127.0.0.1:{self.port}"

    def start(self) -> Self:
        super().start()
        eventually(lambda: answers(self.port), bool)
        return self


@contextmanager
def etcd(folder: Path, certificate: Path | None = None, key: Path | None = None) -> Iterator[EtcdServer]:
    """An etcd server that runs until the end of the block; by TLS, with a certificate and its key."""
    port = free_port()
    client, peer = f"{'https' if certificate else 'http'}://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    options = {
        "data-dir": str(folder / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
    }
    if certificate and key:
        options |= {"cert-file": str(certificate), "key-file": str(key)}
    command = [require_tool("etcd"), *(f"--{name}={value}" for name, value in options.items()), "--unsafe-no-fsync"]
    server = EtcdServer(command, folder / "etcd.log")
    server.port = port
    try:
        yield server.start()
    finally:
        server.end(signal.SIGKILL)
