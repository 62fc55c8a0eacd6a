"""Gunicorn's threaded worker, with threads of their own for contract calls.

A request that is passed on to a service holds a thread while it waits, and the service may call back for what it
needs to answer. Were those calls to queue for the same threads, as many requests as threads would wait in vain.
"""

import json
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from kernel.calls.endpoint import PREFIX
from kernel.http import gateway

READ_WITHIN = 15.0
"""Seconds that a request may take to arrive, once it has begun."""
NOTIFY_EVERY = 1.0
"""Seconds; the arbiter waits for `timeout`, which is 30."""
LINGER = 0.002
"""Seconds that a thread waits for the caller's next contract call before it gives the connection back to the loop."""
DRAIN = 64 * 1024
"""Bytes of an unread body that gunicorn throws away, to go on with the next request of a connection."""

_CONTRACT_CALL = f"POST {PREFIX}".encode()
_REFUSALS = {
    (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName): HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ParseException: HTTPStatus.BAD_REQUEST,
}


class Worker(ThreadWorker):
    """Serves contract calls and all other requests from two pools of `threads` threads each."""

    def init_process(self) -> None:
        self.contract_pool = ThreadPoolExecutor(self.cfg.threads, thread_name_prefix="contract-call")
        self.lingering = threading.Semaphore(self.cfg.threads - 1)
        self.notified = 0.0
        gateway.SLOTS = max(1, self.cfg.threads // 2)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Any = partial(_announcing_the_end, self.wsgi)

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to the pool that its request is for, once its first bytes are here."""
        if not isinstance(conn.sock, _Impatient):
            conn.sock = _Impatient(fileno=conn.sock.detach())
        begun = _first_bytes(conn)
        if begun is None:
            self._wait_for_request(conn)
            return
        if begun == _CONTRACT_CALL:
            done = self.contract_pool.submit(self.handle_calls, conn)
        else:
            done = self.tpool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def notify(self) -> None:
        """Show the arbiter that the loop runs: once in a while, and not for each request."""
        if time.monotonic() - self.notified > NOTIFY_EVERY:
            self.notified = time.monotonic()
            super().notify()

    def handle(self, conn: TConn) -> Any:
        """Serve a request. Where the connection ends, see to it here, not in the loop that serves all others."""
        outcome = super().handle(conn)
        if outcome is False:
            with suppress(OSError):
                util.close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RDWR)
        return outcome

    def handle_calls(self, conn: TConn) -> Any:
        """Serve a contract call, and those that come right after it: a caller mostly has more than one.

        One thread is always left for the other callers.
        """
        outcome = self._handle_call(conn)
        while outcome is True and self.alive and self.lingering.acquire(blocking=False):
            try:
                if not _has_more_within(LINGER, conn):
                    break
            finally:
                self.lingering.release()
            outcome = self._handle_call(conn)
        return outcome

    def _handle_call(self, conn: TConn) -> Any:
        # Head and body of an answer go out together, so that the caller wakes up once.
        _cork(conn.sock, True)
        try:
            return self.handle(conn)
        finally:
            _cork(conn.sock, False)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is not even a request with a problem, as everything else is."""
        found = (status for kind, status in _REFUSALS.items() if isinstance(exc, kind))
        status = next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("Error handling request", exc_info=exc)
        else:
            self.log.warning("Invalid request: %s", exc)
        try:
            util.write_nonblock(client, _problem(status))
        except OSError:
            self.log.debug("Failed to send error message.")

    def handle_quit(self, sig: int, frame: Any) -> None:
        # Ctrl-C is heard twice, from the terminal and from the arbiter; the second must not disturb the end.
        for again in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(again, lambda *_: None)
        self.contract_pool.shutdown(wait=False)
        super().handle_quit(sig, frame)

    def _wait_for_request(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))


class _Impatient(socket.socket):
    """A connection on which a request has to arrive within `READ_WITHIN`; what comes later is not waited for."""

    arrives_by = 0.0

    def setblocking(self, flag: bool, /) -> None:
        # gunicorn calls this as a thread begins with a request.
        self.arrives_by = time.monotonic() + READ_WITHIN
        super().setblocking(flag)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        if self.gettimeout() is not None:
            return super().recv(size, flags)
        self.settimeout(max(self.arrives_by - time.monotonic(), 0.001))
        try:
            return super().recv(size, flags)
        except TimeoutError:
            raise errors.NoMoreData from None
        finally:
            self.settimeout(None)


def _announcing_the_end(
    application: Callable[..., Iterable[bytes]], environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Say `Connection: close` with an answer after which gunicorn will close, for so much was left unread."""
    body = environ["wsgi.input"]

    def start(*head: Any) -> Any:
        if body.failed or _unread(body.reader) >= DRAIN:
            start_response.__self__.force_close()  # type: ignore[attr-defined]
        return start_response(*head)

    return application(environ, start)


def _cork(connection: socket.socket, corked: bool) -> None:
    with suppress(AttributeError, OSError):  # Linux has it; and the connection may be closed by now
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, corked)


def _has_more_within(seconds: float, conn: TConn) -> bool:
    if conn.parser.unreader.buf.getvalue():
        return True
    readable = select.poll()
    readable.register(conn.sock, select.POLLIN)
    return bool(readable.poll(seconds * 1000))


def _unread(reader: Any) -> float:
    """Bytes that are left of a request's body; of one in chunks nobody knows."""
    return getattr(reader, "length", float("inf") if getattr(reader, "parser", None) else 0)


def _problem(status: HTTPStatus) -> bytes:
    body = {"type": "about:blank", "title": status.phrase, "status": status, "code": "request.refused"}
    content = json.dumps(body | {"detail": status.description or status.phrase}).encode()
    head = (
        f"HTTP/1.1 {status} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _first_bytes(conn: TConn) -> bytes | None:
    """The beginning of the next request, left where it is; None when it is not here yet."""
    if conn.parser is not None and (ahead := conn.parser.unreader.buf.getvalue()):
        return bytes(ahead[: len(_CONTRACT_CALL)])
    try:
        return bytes(conn.sock.recv(len(_CONTRACT_CALL), socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return None
    except OSError:
        return b""
