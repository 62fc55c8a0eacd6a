"""Gunicorn's threaded worker, whose threads get requests that are here, and where nobody gets all of the threads.

A request that is passed on to a service holds a thread while it waits, and the service may call back for what it
needs to answer. Were those calls to queue for the same threads, as many requests as threads would wait in vain. So
there are lanes: for requests, for contract calls, and for the probes, which answer while all others are busy.
"""

import errno
import resource
import select
import signal
import socket
import threading
import time
from collections.abc import Container
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

import structlog
from django.conf import settings
from gunicorn import util
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import ThreadWorker

from seamline import shutdown
from seamline.calls.endpoint import PREFIX
from seamline.discovery import registrar
from seamline.http.admission import module_at
from seamline.module import known
from seamline.runtime.serving import application, refusals, reload
from seamline.runtime.serving.connection import Connection
from seamline.runtime.serving.lanes import Lane, SharedLane
from seamline.runtime.serving.reception import Limits, Reception

NOTIFY_INTERVAL_SECONDS = 1.0
"""The arbiter waits for `timeout`, which is 30."""
EXPIRY_INTERVAL_SECONDS = 0.5
"""From one look for connections that have waited too long to the next."""
CALL_LINGER_SECONDS = 0.002
"""How long a thread waits for the caller's next contract call before it gives the connection back to the loop."""
SHUTDOWN_IDLE_SECONDS = 2.0
"""How long connections without a request stay open once nobody listens any more."""
SHUTDOWN_SECONDS = 10.0
"""For what is under way then."""
OTHER_FILES = 1000
"""How many files a process may open beside its connections to clients: databases, logs, other deployables."""
SLOW_BODIES = "bodies that are still on their way"
"""What holds threads beside the modules: requests that are larger than what is kept for them."""
UNKNOWN = "unknown"

log = structlog.get_logger("seamline.serving")
_default_headers = Response.default_headers


def _without_server(response: Any) -> list[str]:
    """Give the first headers of a response, but for the one that says which program answers."""
    return [header for header in _default_headers(response) if not header.startswith("Server:")]


class Worker(ThreadWorker):  # type: ignore[misc]  # it has no types
    """Reads requests in the event loop, and has them answered by threads."""

    alive: bool
    nr_conns: int
    worker_connections: int
    reception: Reception
    drained_at: float | None = None
    """When this process stops listening, once it was asked to end."""

    def init_process(self) -> None:
        threads = self.cfg.threads
        share = partial(_share, threads, known() if len(known()) == 1 else {})
        self.requests = SharedLane("request", threads, self.handle, self.give_back, share, self.reject)
        self.calls = SharedLane("contract-call", threads, self.handle_calls, self.give_back, share, self.reject)
        # Neither asks a database, nor waits for anything else.
        self.quick = Lane("quick", 1, self.handle, self.give_back)
        self.readiness = Lane("readiness", 1, self.handle, self.give_back)
        self.lanes = (self.requests, self.calls, self.quick, self.readiness)
        self.lingering = threading.Semaphore(threads - 1)
        self.notified = self.looked = 0.0
        _allow_files(self.worker_connections)
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        return self.requests.pool

    def load_wsgi(self) -> None:
        super().load_wsgi()
        Response.default_headers = _without_server
        module_at("/")  # reads all addresses now, and not in the event loop
        self.wsgi: Any = partial(application.serve, self.wsgi, self.is_ending)

    # The event loop

    def run(self) -> None:
        limits = Limits(self.cfg.keepalive, settings.REQUEST_BUFFER_KIB * 1024, settings.REQUEST_BUFFERS_MIB * 1024**2)
        self.reception = Reception(self.poller, limits, self.dispatch, self.forget)
        self.poller.register(self.method_queue.fileno(), EVENT_READ, self.method_queue.run_callbacks)
        self.set_accept_enabled(True)
        while self.alive and not self.has_drained() and self.is_parent_alive():
            self.turn()
        self.alive = False
        self.stop_listening()
        self.reception.shorten(SHUTDOWN_IDLE_SECONDS)
        finished_by = time.monotonic() + SHUTDOWN_SECONDS
        while self.nr_conns > 0 and time.monotonic() < finished_by:
            self.turn()
        for lane in self.lanes:
            lane.shutdown()
        self.poller.close()
        self.method_queue.close()

    def turn(self) -> None:
        """Do what there is to do, or wait for it for a moment."""
        self.notify()
        if self.alive and not self._accepting and self.nr_conns < self.worker_connections:
            self.set_accept_enabled(True)
        self.wait_for_and_dispatch_events(timeout=EXPIRY_INTERVAL_SECONDS)
        if time.monotonic() - self.looked > EXPIRY_INTERVAL_SECONDS:
            self.looked = time.monotonic()
            self.reception.close_expired()
            for lane in (self.requests, self.calls):
                lane.advance()

    def accept(self, listener: socket.socket) -> bool:
        """Accept a connection, if there is one. Where there are too many, one that is of little use goes first."""
        if self.nr_conns >= self.worker_connections and not self.reception.make_room():
            self.set_accept_enabled(False)
            return False
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.worker_connections = max(1, self.nr_conns - 1)
                log.warning("too_many_files", connections=self.worker_connections)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return False
        self.nr_conns += 1
        self.reception.wait_for_request(Connection(self.cfg, accepted, address, listener.getsockname()))
        return True

    def stop_listening(self) -> None:
        """Listen no more, after those are accepted who have connected already: they would see a reset."""
        for listener in self.sockets:
            while self._accepting and self.accept(listener):
                pass
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()

    def dispatch(self, connection: Connection) -> None:
        """Send the request that is here to its lane."""
        path = connection.arrival.path
        connection.module = _module_of(path)
        connection.holder = connection.module if connection.arrival.is_whole else SLOW_BODIES
        lane = self.lane_of(connection, path)
        connection.lane = lane
        lane.enter(connection)

    def lane_of(self, connection: Connection, path: str) -> Lane:
        """Choose the threads that answer a request."""
        if path.startswith(PREFIX) and connection.arrival.method == b"POST":
            return self.calls
        # Keys too: a call that waits for them must not wait for threads that wait for calls.
        if path in ("/health/live", "/.well-known/jwks.json") and connection.arrival.is_whole:
            return self.quick
        if path == "/health/ready" and connection.arrival.is_whole:
            return self.quick if shutdown.is_draining() else self.readiness
        return self.requests

    def reject(self, connection: Connection) -> None:
        """Reject a request: the threads which it might have are taken."""
        connection.sock.rejected_for = connection.module
        connection.lane = self.quick
        self.quick.enter(connection)

    def give_back(self, connection: Connection, done: "Future[object]") -> None:
        """Give a connection back to the loop: the end of a thread's work."""
        self.method_queue.defer(self.finish_request, connection, done)

    def finish_request(self, conn: Connection, fs: "Future[object]") -> None:
        if isinstance(conn.lane, SharedLane):
            conn.lane.leave(conn)
        try:
            if fs.result() is True:
                self.reception.wait_for_request(conn)
            else:
                self.reception.hang_up(conn)
        except Exception:
            log.exception("connection_failed")
            self.reception.close(conn)

    def forget(self, connection: Connection) -> None:
        """Count a connection no more."""
        self.nr_conns -= 1

    def notify(self) -> None:
        """Show the arbiter that the loop runs: once in a while, and not for each request."""
        if time.monotonic() - self.notified > NOTIFY_INTERVAL_SECONDS:
            self.notified = time.monotonic()
            super().notify()

    # The threads

    def handle_calls(self, conn: Connection) -> Any:
        """Serve a contract call, and those that come right after it: a caller mostly has more than one.

        One thread is always left for the other callers.
        """
        outcome = self._handle_call(conn)
        while outcome is True and self.alive and self._has_next_call(conn):
            outcome = self._handle_call(conn)
        return outcome

    def _has_next_call(self, conn: Connection) -> bool:
        if not self.lingering.acquire(blocking=False):
            return False
        try:
            if not _has_more_within(CALL_LINGER_SECONDS, conn):
                return False
        finally:
            self.lingering.release()
        conn.begin()
        conn.receive(settings.REQUEST_BUFFER_KIB * 1024)
        path = conn.arrival.path
        return conn.arrival.is_whole and path.startswith(PREFIX) and _module_of(path) == conn.holder

    def _handle_call(self, conn: Connection) -> Any:
        # Head and body of an answer go out together, so that the caller wakes up once.
        _cork(conn.sock, True)
        try:
            return self.handle(conn)
        finally:
            _cork(conn.sock, False)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is not even a request with a problem, as everything else is."""
        status = refusals.status_of(exc)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("Error handling request", exc_info=exc)
        else:
            self.log.warning("Invalid request: %s", exc)
        try:
            util.write_nonblock(client, refusals.problem(status))
        except OSError:
            self.log.debug("Failed to send error message.")

    # The end

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to end: first have those know who send requests, then listen no more."""
        if self.drained_at is None:
            seconds = 0 if reload.is_replaced(self.age) else settings.DRAIN_SECONDS
            self.drained_at = time.monotonic() + seconds
            if seconds:
                shutdown.drain()
            self.method_queue.defer(lambda: log.info("stopping", drain_seconds=seconds))
            self.method_queue.defer(registrar.leave)

    def has_drained(self) -> bool:
        """Tell whether those who send requests had the time to go elsewhere."""
        return self.drained_at is not None and time.monotonic() >= self.drained_at

    def is_ending(self) -> bool:
        """Tell whether a connection is of no use any more after the response that is being sent."""
        return not self.alive or shutdown.is_draining()

    def handle_quit(self, sig: int, frame: Any) -> None:
        # Ctrl-C is heard twice, from the terminal and from the arbiter; the second must not disturb the end.
        for again in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(again, lambda *_: None)
        for lane in self.lanes:
            lane.shutdown()
        super().handle_quit(sig, frame)


def _module_of(path: str) -> str:
    if path.startswith(PREFIX):
        return path.removeprefix(PREFIX).partition("/")[0].partition(".")[0]
    try:
        return module_at(path)
    except Exception:  # what a module has among its addresses may raise anything, and the loop is everybody's
        log.exception("unresolvable_address")
        return UNKNOWN


def _share(threads: int, alone: Container[str], holder: str) -> int:
    """Count the threads that one may hold. The only module of a service has nobody to leave any for."""
    if holder in alone:
        return threads
    quarter = max(1, threads // 4)
    return quarter if holder == SLOW_BODIES else max(1, threads - quarter)


def _allow_files(connections: int) -> None:
    """Raise the number of files that this process may open, which is 1024 in many places, as far as it may."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if resource.RLIM_INFINITY != allowed < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
        )


def _cork(connection: socket.socket, corked: bool) -> None:
    with suppress(AttributeError, OSError):  # Linux has it; and the connection may be closed by now
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, corked)


def _has_more_within(seconds: float, conn: Connection) -> bool:
    if conn.ahead or conn.parser.unreader.buf.getvalue():
        return True
    readable = select.poll()
    readable.register(conn.sock, select.POLLIN)
    return bool(readable.poll(seconds * 1000))
