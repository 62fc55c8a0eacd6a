"""What a reader does in a folder that was written: `make`, on a machine with nothing prepared."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.client import Client
from tests.processes import answers, environment, free_port
from tests.waiting import eventually


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Client]:
    """Serve as its README says, until the end of the block."""
    port = free_port()
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            ["make", "run", *arguments],
            cwd=folder,
            env=environment(PORT=str(port)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    client = Client(f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: process.poll() is not None or answers(port), bool)
        assert process.poll() is None, log.read_text()
        eventually(lambda: client.page("/health/ready").status, lambda status: status == 200)
        yield client
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait()
