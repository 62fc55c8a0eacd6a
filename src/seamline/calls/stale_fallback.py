"""Stale answers: what a query answered last stands in for a while when its module is away, where the contract says so.

It holds in both modes, as a module at home may be away too, with its database.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import structlog

from seamline.calls.wire import Codec
from seamline.contract import AvailabilityError, Operation

log = structlog.get_logger("seam.calls")

MAX_ENTRIES = 1000
"""Answers kept for each operation, in this process; the ones not asked for longest are forgotten."""


def with_stale_fallback(operation: Operation, codec: Codec, ask: Callable[..., Any]) -> Callable[..., Any]:
    """`ask`, but with the last answer to the same arguments where none can be had and that one is young enough."""
    known: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()
    lock = threading.Lock()

    def ask_or_remember(*args: Any, **kwargs: Any) -> Any:
        question = codec.encode_arguments(args, kwargs)
        try:
            answer = ask(*args, **kwargs)
        except AvailabilityError as error:
            when, answer = known.get(question, (0.0, None))
            if not when or time.monotonic() - when > operation.stale:
                raise
            log.warning("stale_answer", operation=operation.path, error=error.code)
            return answer
        with lock:
            known[question] = time.monotonic(), answer
            known.move_to_end(question)
            if len(known) > MAX_ENTRIES:
                known.popitem(last=False)
        return answer

    return ask_or_remember
