"""Mails are sent beside the request, so that its time does not tell whether one is sent."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from seamline.work.threads import ThreadPool

if TYPE_CHECKING:
    from seamline.work.threads import Task

_threads = ThreadPool("mail", 2)


def in_background(send: Callable[["Task"], None]) -> None:
    """Look up what is to be sent, and send it, beside the request."""
    _threads.submit(send)


def wait(seconds: float) -> None:
    """Wait until what is to be sent was sent, so many seconds at most."""
    _threads.wait_until_idle(time.monotonic() + seconds)
