"""Gunicorn's threaded worker, with threads of their own for contract calls.

A request that is passed on to a service holds a thread while it waits, and the service may call back for what it
needs to answer. Were those calls to queue for the same threads, as many requests as threads would wait in vain.
"""

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from kernel.calls.endpoint import PREFIX

_CONTRACT_CALL = f"POST {PREFIX}".encode()


class Worker(ThreadWorker):
    """Serves contract calls and all other requests from two pools of `threads` threads each."""

    def init_process(self) -> None:
        self.contract_pool = ThreadPoolExecutor(self.cfg.threads, thread_name_prefix="contract-call")
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to the pool that its request is for, once its first bytes are here."""
        begun = _first_bytes(conn)
        if begun is None:
            self._wait_for_request(conn)
            return
        pool = self.contract_pool if begun == _CONTRACT_CALL else self.tpool
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

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
