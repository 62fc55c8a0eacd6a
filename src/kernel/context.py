"""What a piece of work carries with it through contract calls and events: who asked, under what id, until when."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of the work under way. Immutable: a change is a new context, entered for a while."""

    request_id: str = "-"
    traceparent: str | None = None
    """W3C Trace Context header, handed on as it came."""
    deadline: float = FOREVER
    """When the asker stops waiting, on the monotonic clock, in seconds."""
    actor: str | None = None
    """Id of the user on whose behalf this is done."""
    module: str | None = None
    """The module whose code is running."""

    @property
    def remaining(self) -> float:
        """Seconds left until the deadline; negative when it has passed."""
        return self.deadline - time.monotonic()


_current: ContextVar[Context] = ContextVar("context")
_NOWHERE = Context()


def current() -> Context:
    """The context of the work under way; an empty one outside any."""
    return _current.get(_NOWHERE)


@contextmanager
def entered(context: Context) -> Iterator[Context]:
    """Work under `context` until the block ends."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def working_for(module: str, timeout: float = FOREVER) -> Iterator[Context]:
    """Work of a module's own (a job, a delivery) under a new request id, for at most `timeout` seconds."""
    with entered(Context(request_id=new_id(), deadline=time.monotonic() + timeout, module=module)) as context:
        yield context


def within(timeout: float) -> Context:
    """The present context, its deadline no further than `timeout` seconds from now."""
    context = current()
    return replace(context, deadline=min(context.deadline, time.monotonic() + timeout))


def new_id() -> str:
    """A new request id."""
    return uuid.uuid4().hex
