"""What the worker uses of gunicorn's insides, as they were read in 27.0: a release that changes them fails here."""

import inspect
import logging
from importlib.metadata import version
from pathlib import Path

import pytest
from gunicorn import util
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.http import errors
from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.http.wsgi import Response, create
from gunicorn.workers.gthread import PollableMethodQueue, TConn, ThreadWorker

from seamline.runtime.serving.connection import Connection
from seamline.runtime.serving.worker import Worker

SIGNATURES = {
    ThreadWorker.accept: "(self, listener)",
    ThreadWorker.finish_request: "(self, conn, fs)",
    ThreadWorker.get_thread_pool: "(self)",
    ThreadWorker.handle: "(self, conn)",
    ThreadWorker.handle_error: "(self, req, client, addr, exc)",
    ThreadWorker.handle_exit: "(self, sig, frame)",
    ThreadWorker.handle_quit: "(self, sig, frame)",
    ThreadWorker.init_process: "(self)",
    ThreadWorker.is_parent_alive: "(self)",
    ThreadWorker.load_wsgi: "(self)",
    ThreadWorker.notify: "(self)",
    ThreadWorker.run: "(self)",
    ThreadWorker.set_accept_enabled: "(self, enabled)",
    ThreadWorker.wait_for_and_dispatch_events: "(self, timeout)",
    PollableMethodQueue.defer: "(self, callback, *args)",
    TConn.__init__: "(self, cfg, sock, client, server)",
    TConn.close: "(self, graceful=False)",
    SocketUnreader.take_buffered: "(self)",
    Response.default_headers: "(self)",
    Response.force_close: "(self)",
    Response.start_response: "(self, status, headers, exc_info=None)",
    Application.load_config_from_file: "(self, filename)",
    Arbiter.kill_workers: "(self, sig)",
    Arbiter.signal: "(self, sig, frame)",
    util.write_nonblock: "(sock, data, chunked=False)",
}
REFUSED = (
    "ConfigurationProblem",
    "ExpectationFailed",
    "InvalidResponseHeader",
    "InvalidResponseHeaderName",
    "LimitRequestHeaders",
    "LimitRequestLine",
    "NoMoreData",
    "ParseException",
    "UnsupportedTransferCoding",
)


class Source:
    """What is read from; it has nothing but `recv`."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def recv(self, size: int) -> bytes:
        taken, self.said = self.said[:size], self.said[size:]
        return taken


def parser(said: bytes) -> RequestParser:
    return RequestParser(Config(), Source(said), ("127.0.0.1", 1))


def test_it_is_the_release_that_was_read() -> None:
    assert version("gunicorn").split(".")[0] == "27"
    requirements = Path(__file__).parents[2] / "requirements" / "base.in"
    assert "gunicorn>=27,<28" in requirements.read_text().splitlines()


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__qualname__)
def test_what_is_called_and_replaced_takes_what_it_took(function: object) -> None:
    assert str(inspect.signature(function)) == SIGNATURES[function]  # type: ignore[arg-type,index]


def test_a_worker_has_what_the_loop_uses() -> None:
    worker = ThreadWorker(7, 1, [], None, 30, Config(), logging.getLogger())
    assert (worker.age, worker.alive, worker.nr_conns, worker._accepting, worker.sockets) == (7, True, 0, False, [])
    assert worker.worker_connections == worker.cfg.worker_connections
    assert {"poller", "method_queue", "tpool", "log"} <= vars(worker).keys()
    assert isinstance(worker.method_queue, PollableMethodQueue)
    assert {"handle_request", "handle", "_keepalive_after"}.isdisjoint(vars(Worker)), "the threads' part is gunicorn's"


def test_a_thread_sets_a_connection_to_block_before_it_reads() -> None:
    assert "conn.sock.setblocking(True)" in inspect.getsource(ThreadWorker.handle)
    assert {"initialized", "data_ready", "parser", "sock"} <= set(TConn.__init__.__code__.co_names)
    assert issubclass(Connection, TConn)


def test_a_parser_asks_for_nothing_but_bytes_and_gives_back_what_it_did_not_need() -> None:
    reader = parser(b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /b HTTP/1.1\r\n\r\n")
    assert next(reader).path == "/a"
    assert reader.finish_body()
    assert reader.unreader.take_buffered() == b"GET /b HTTP/1.1\r\n\r\n"
    reader.unreader.sock.said = b"GET /c HTTP/1.1\r\n\r\n"
    assert next(reader).path == "/c", "what was given back may come again by another way"


def test_a_body_tells_how_much_of_it_is_left() -> None:
    sized: Request = next(parser(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"))
    assert isinstance(sized.body, Body) and isinstance(sized.body.reader, LengthReader)
    assert (sized.body.reader.length, sized.body.failed) == (2, False)
    chunked: Request = next(parser(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"))
    assert isinstance(chunked.body.reader, ChunkedReader) and chunked.body.reader.parser
    assert chunked.body.read() == b"a" and not chunked.body.reader.parser


def test_an_application_finds_the_response_and_the_connection() -> None:
    source = Source(b"")
    request = next(parser(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
    response, environ = create(request, source, ("127.0.0.1", 1), ("127.0.0.1", 2), Config())
    assert environ["gunicorn.socket"] is source
    assert environ["wsgi.input"] is request.body
    response.start_response.__self__.force_close()
    assert response.should_close()


def test_the_errors_of_a_request_have_their_names() -> None:
    assert all(issubclass(getattr(errors, name), Exception) for name in REFUSED)
    assert issubclass(errors.NoMoreData, OSError)


def test_the_arbiter_tells_of_a_reload_before_it_starts_new_workers() -> None:
    reload = inspect.getsource(Arbiter.reload)
    assert reload.index("self.cfg.on_reload(self)") < reload.index("self.spawn_worker()")
    assert "self.worker_age += 1" in inspect.getsource(Arbiter.spawn_worker)
    assert "self.cfg.when_ready(self)" in inspect.getsource(Arbiter.start)
    assert "self.cfg.graceful_timeout" in inspect.getsource(Arbiter.stop)
