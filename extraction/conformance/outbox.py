"""What each side publishes: read from its outbox, where a subscriber that takes nothing gets every event."""

from collections.abc import Callable
from typing import Any

import msgspec

from extraction.conformance.endpoints import Endpoint, Request, Response
from seamline.contract.events import event_named
from seamline.encryption import decrypt

SUBSCRIBER = "conformance"
NEVER = "now() + interval '100 years'"
SUBSCRIBE = f"""
    INSERT INTO seamline_subscription (module, event, subscriber, backoff_until)
    SELECT %(module)s::text, unnest(%(events)s::text[]), '{SUBSCRIBER}', {NEVER}
"""
"""Have rows written that no relay leases."""
HOLD_BACK = f"UPDATE seamline_subscription SET backoff_until = {NEVER} WHERE module = %(module)s"  # noqa: S608  names and numbers of ours alone  # nosec B608
"""Have nothing delivered, so that nothing changes the data but the calls."""
_PUBLISHED = f"""
    SELECT id, request_id, name, key, payload FROM seamline_outbox
    WHERE module = %s AND subscriber = '{SUBSCRIBER}' AND id > %s ORDER BY id
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
Fetch = Callable[[str, list[Any]], list[Any]]


class Published(msgspec.Struct, frozen=True):
    """An event as it stands in an outbox, without what no two runs have in common."""

    name: str
    key: str
    event: Any
    """Of the class that its name has here; as it was written where it fits none."""


class Observed:
    """A side whose responses come with the events that were published for them."""

    def __init__(self, endpoint: Endpoint, module: str, fetch: Fetch) -> None:
        self._endpoint, self._module, self._fetch = endpoint, module, fetch
        self._last = 0

    def __call__(self, request: Request) -> Response:
        self._read("")
        response = self._endpoint(request)
        return response._replace(published=self._read(request.headers.get("X-Request-ID", "")))

    def _read(self, request_id: str) -> tuple[Published, ...]:
        rows = self._fetch(_PUBLISHED, [self._module, self._last])
        self._last = rows[-1][0] if rows else self._last
        return tuple(_decode(*event) for _, cause, *event in rows if cause == request_id)


def _decode(name: str, key: str, payload: str) -> Published:
    kind = event_named(name)
    if kind is not None:
        try:
            return Published(name, key, msgspec.json.decode(decrypt(payload), type=kind))
        except msgspec.MsgspecError:
            pass
    return Published(name, key, payload)
