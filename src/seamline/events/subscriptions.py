"""The subscriber's side: tell each publisher which of its events this deployable's modules want to hear."""

from collections import defaultdict
from typing import NamedTuple

import structlog
from django.conf import settings

from seamline import topology
from seamline.calls import call
from seamline.context import working_for
from seamline.contract import ContractError
from seamline.databases import execute
from seamline.events.mailbox import mailbox
from seamline.module import active, known

log = structlog.get_logger("seamline.events")

_EXPECT = """
    INSERT INTO seamline_subscription (module, event, subscriber)
    SELECT %(module)s::text, event, subscriber
    FROM unnest(%(events)s::text[], %(subscribers)s::text[]) AS t (event, subscriber)
    WHERE NOT EXISTS (SELECT FROM seamline_subscription WHERE module = %(module)s)
"""


class Announcement(NamedTuple):
    """What one module wants to hear of another."""

    subscriber: str
    publisher: str
    events: tuple[str, ...]


def announcements() -> tuple[Announcement, ...]:
    """List what the modules that live here have to announce, from their manifests."""
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for module in active().values():
        if topology.current().is_here(module.name):
            for event in module.subscribes:
                wanted[module.name, event.module].append(event.event_name)
    return tuple(Announcement(*pair, tuple(sorted(events))) for pair, events in sorted(wanted.items()))


def expect(publisher: str) -> None:
    """Tell a module with a new database its subscribers before they announce themselves, so that none misses
    what is published until then: those that its own deployable tells of, and those from before it left another.
    """
    expected = [(event, name) for event, names in settings.KNOWN_SUBSCRIBERS.items() for name in names]
    expected += [
        (event.event_name, module.name)
        for module in known().values()
        for event in module.subscribes
        if event.module == publisher
    ]
    events, subscribers = [event for event, _ in expected], [subscriber for _, subscriber in expected]
    execute(publisher, _EXPECT, {"module": publisher, "events": events, "subscribers": subscribers})


def announce(announcement: Announcement) -> bool:
    """Tell a publisher; whether it heard. To be repeated until it did. What keeps it from hearing is logged once."""
    try:
        with working_for(announcement.subscriber):
            call(mailbox(announcement.publisher)).subscribe(announcement.subscriber, announcement.events)
    except ContractError as error:
        reason = error.code, _address(announcement.publisher)
        if _unheard.get(announcement) != reason:
            _unheard[announcement] = reason
            log.warning("not_heard", publisher=announcement.publisher, error=reason[0], address=reason[1])
        return False
    if _unheard.pop(announcement, None):
        log.info("heard", publisher=announcement.publisher, address=_address(announcement.publisher))
    return True


def pending() -> tuple[Announcement, ...]:
    """Announcements that were not heard yet, by this process."""
    return tuple(a for a in announcements() if a not in _heard)


def _address(publisher: str) -> str | None:
    """Look up where a publisher is asked; None for this process, or where nobody knows it."""
    try:
        return topology.current().url(publisher)
    except topology.Unlocated:
        return None


def announce_again() -> None:
    """Announce all once more; what is not heard this time is pending again."""
    for announcement in announcements():
        if not announce(announcement):
            _heard.discard(announcement)


def announce_pending() -> bool:
    """Announce what was not heard yet; whether all is heard now."""
    for announcement in pending():
        if announce(announcement):
            _heard.add(announcement)
    return not pending()


_heard: set[Announcement] = set()
_unheard: dict[Announcement, tuple[str, str | None]] = {}
"""What kept those that were not heard from it, and at which address."""
