"""What a piece of work carries with it through contract calls and events: who asked, under what id, until when."""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

FOREVER = float("inf")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Context(msgspec.Struct, frozen=True):
    """What the work under way has to know. Immutable: a change is a new context, entered for a while."""

    request_id: str = "-"
    traceparent: str | None = None
    """W3C Trace Context header, handed on as it came."""
    deadline: float = FOREVER
    """When the asker stops waiting, on the monotonic clock, in seconds."""
    actor: str | None = None
    """Id of the user on whose behalf this is done."""
    module: str | None = None
    """The module whose code is running."""
    caller: str | None = None
    """The module that called it; None where none did, or another deployable vouches for nobody."""
    origin: str = "-"
    """What it began with in this process, for metrics: `POST /api/v1/parcels`, `job x`, `event parcels.Sent.v1`."""

    @property
    def remaining(self) -> float:
        """Seconds left until the deadline; negative when it has passed."""
        return self.deadline - time.monotonic()


_current: ContextVar[Context] = ContextVar("context")
_NOWHERE = Context()


def current() -> Context:
    """Return the context of the work under way; an empty one outside any."""
    return _current.get(_NOWHERE)


def begin(context: Context) -> None:
    """Work under `context` from here on, where nobody comes back to what was before."""
    _current.set(context)


class entered:  # noqa: N801  used as a block
    """Work under `context` until the block ends. A class, because every contract call passes here."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> Context:
        self._token = _current.set(self._context)
        return self._context

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


@contextmanager
def working_for(module: str, timeout: float = FOREVER, origin: str = "-") -> Iterator[Context]:
    """Work of a module's own (a job, a delivery) under a new request id, for at most `timeout` seconds."""
    deadline = time.monotonic() + timeout
    with entered(Context(request_id=new_id(), deadline=deadline, module=module, origin=origin)) as context:
        yield context


def calling(here: Context, module: str, timeout: float) -> Context:
    """Derive the context of a call to a module, which may take `timeout` seconds at most."""
    deadline = time.monotonic() + timeout
    if here.deadline < deadline:
        deadline = here.deadline
    return Context(here.request_id, here.traceparent, deadline, here.actor, module, here.module, here.origin)


def new_id() -> str:
    """Make a new request id."""
    return uuid.uuid4().hex


def request_id_of(header: str | None) -> str:
    """Return the request id that a caller gave, or a new one where it gave none that is fit for a log."""
    return header if header and _REQUEST_ID.fullmatch(header) else new_id()


def traceparent_of(header: str | None) -> str | None:
    """Return the trace context that a caller gave, if it is one (W3C Trace Context, version 00)."""
    return header if header and _TRACEPARENT.fullmatch(header) else None
