"""Stale responses: where the contract allows it, a query's last result stands in for a while when its module is away.

It holds in both modes, as a module in this process may be away too, with its database.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import structlog

from seamline.calls.wire import Codec
from seamline.contract import AvailabilityError, Operation

log = structlog.get_logger("seamline.calls")

MAX_ENTRIES = 1000
"""Results that are cached for each operation, in this process; the least recently used ones are forgotten."""


def with_stale_fallback(operation: Operation, codec: Codec, invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a query: where it gets no response, return its last result for these arguments, if it is recent enough."""
    cache: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()
    lock = threading.Lock()

    def invoke_or_recall(*args: Any, **kwargs: Any) -> Any:
        arguments = codec.encode_arguments(args, kwargs)
        try:
            result = invoke(*args, **kwargs)
        except AvailabilityError as error:
            cached_at, result = cache.get(arguments, (0.0, None))
            if not cached_at or time.monotonic() - cached_at > operation.stale:
                raise
            log.warning("stale_response", operation=operation.path, error=error.code)
            return result
        with lock:
            cache[arguments] = time.monotonic(), result
            cache.move_to_end(arguments)
            if len(cache) > MAX_ENTRIES:
                cache.popitem(last=False)
        return result

    return invoke_or_recall
