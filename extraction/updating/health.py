"""Ask many addresses at `/health`, at once: whatever one does, it costs a few seconds and a megabyte at most."""

import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

PATH = "/health"
MAX_PARALLEL = 16
MAX_BYTES = 1 << 20
TIMEOUT_SECONDS = 5.0
"""For one address, from the first byte sent to the last one read."""
SLACK_SECONDS = 2.0
"""What a thread may take that no timeout can end, such as one that looks a name up."""


@dataclass(frozen=True, slots=True)
class Response:
    """What an address answered, or why there is nothing."""

    body: bytes = b""
    problem: str = ""


def ask_all(addresses: Sequence[str], timeout: float = TIMEOUT_SECONDS) -> dict[str, Response]:
    """Ask all of them, several at a time. One that never answers is given up."""
    wanted = list(dict.fromkeys(addresses))
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, Response]] = queue.SimpleQueue()
    for address in wanted:
        waiting.put(address)

    def work() -> None:
        with suppress(queue.Empty):
            while True:
                address = waiting.get_nowait()
                answers.put((address, ask(address, timeout)))

    workers = min(MAX_PARALLEL, len(wanted))
    for _ in range(workers):
        # Daemons: a thread that the system keeps must not keep the command from ending.
        threading.Thread(target=work, daemon=True).start()
    rounds = -(-len(wanted) // workers) if workers else 0
    end = time.monotonic() + rounds * (timeout + SLACK_SECONDS)
    found: dict[str, Response] = {}
    with suppress(queue.Empty):
        while len(found) < len(wanted):
            address, answer = answers.get(timeout=max(0.0, end - time.monotonic()))
            found[address] = answer
    return {address: found.get(address, Response(problem=_silent(timeout))) for address in wanted}


def ask(address: str, timeout: float = TIMEOUT_SECONDS) -> Response:
    """Ask one address. Whatever comes back or does not, this returns."""
    try:
        connection, path = _connection(address, timeout)
    except ValueError:
        return Response(problem="it is no address such as http://127.0.0.1:8000")
    late = threading.Event()

    def cut_off() -> None:
        # Each byte of a slow answer would begin a socket's own timeout anew.
        late.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(timeout, cut_off)
    timer.daemon = True
    timer.start()
    try:
        response = _request(connection, path)
        return Response(problem=_silent(timeout)) if late.is_set() else response
    except (OSError, http.client.HTTPException, ValueError) as error:
        silent = late.is_set() or isinstance(error, TimeoutError)
        return Response(problem=_silent(timeout) if silent else _explain(error))
    finally:
        timer.cancel()
        connection.close()


def _request(connection: http.client.HTTPConnection, path: str) -> Response:
    connection.request("GET", path, headers={"Accept": "application/json", "User-Agent": "extraction"})
    response = connection.getresponse()
    if response.status != http.HTTPStatus.OK:
        return Response(problem=f"it answers {response.status} to {PATH}")
    body = response.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return Response(problem=f"it answers more than {MAX_BYTES >> 20} MB to {PATH}")
    return Response(body)


def _connection(address: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(address)
    if not parts.hostname or parts.username or not address.isprintable() or " " in address:
        raise ValueError(address)
    path = parts.path.rstrip("/")
    path = path if path.endswith(PATH) else f"{path}{PATH}"
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context), path
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout), path


def _silent(timeout: float) -> str:
    return f"it did not answer within {timeout:g} seconds"


def _explain(error: Exception) -> str:
    """Say what was wrong in words of our own, or the system's: never in those of whoever answered."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, OSError):
        return f"it cannot be reached: {error.strerror or type(error).__name__}"
    return "what it answers is no HTTP"
