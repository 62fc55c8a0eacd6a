"""Who owns a module: one row in the module's own database, of which every process's topology is a cache.

It is read by each look of the scheduler, which NOTIFY brings about, and whenever the database refuses a write: then
the module may have moved. Nothing of it stands in the way of a request otherwise. The decision is ADR 19.
"""

import threading
import time
from collections.abc import Iterable

import structlog
from django.conf import settings
from django.db import Error

from seamline import topology
from seamline.configuration.discovery import SCHEME
from seamline.contract import Unavailable
from seamline.databases import fetch
from seamline.layout import alias_of
from seamline.topology import Owner

log = structlog.get_logger("seamline.ownership")

REFUSED = "42501"
"""What PostgreSQL says to a role that may not write, or not any more: `insufficient_privilege`."""
_NO_TABLE = "42P01"
"""`undefined_table`: a database that an older version migrated, or nobody."""
CATCH_UP_SECONDS = 3.0
"""For how long a request waits for a change of owner that its sender knows of already."""
_READ = "SELECT epoch, owner, address, other_owner FROM seamline_ownership WHERE module = %s"
_applying = threading.Lock()


class Disagreement(Exception):
    """A setting places a module elsewhere than its row does; the message says what to do."""


def refresh(module: str) -> Owner | None:
    """Read who owns a module, and route by it from now on; None where it never moved. Raises what its database does."""
    owner = _read(module)
    with _applying:
        now = topology.current()
        known = now.owners.get(module)
        # Of two that read at the same time, the one that saw less may come second.
        if owner and owner != known and (known is None or owner.epoch >= known.epoch):
            setting = settings.MODULE_URLS.get(module)
            topology.use(now.with_owner(module, owner, settings.SERVICE_NAME, setting))
            log.info("owner_known", module=module, owner=owner.name, epoch=owner.epoch, address=owner.address)
    return owner


def refresh_known(modules: Iterable[str]) -> None:
    """Do so for several modules, but for those whose databases do not answer: whoever asks them later finds out."""
    for module in modules:
        try:
            refresh(module)
        except Error as error:
            log.warning("owner_unknown", module=module, error=str(error).strip())


def refuse_disagreeing(modules: Iterable[str]) -> None:
    """Make sure that settings say of these modules what their rows do. Raises `Disagreement`."""
    for module in modules:
        owner, setting = topology.current().owners.get(module), settings.MODULE_URLS.get(module)
        if not owner or not owner.name or not setting:
            continue
        name = f"{module.upper()}_URL"
        if owner.name == settings.SERVICE_NAME:
            raise Disagreement(
                f"{name} says that {module} is at {setting}, and the row in its database that {owner.name} owns it, "
                f"which is here: unset {name}, or move it: python -m extraction move {module} --to …"
            )
        # A service that is looked up says nothing of an address, so that the row decides.
        places = [place.rstrip("/") for place in setting.split(",")]
        if not setting.startswith(SCHEME) and owner.address.rstrip("/") not in places:
            raise Disagreement(
                f"{name} says that {module} is at {setting}, and the row in its database that {owner.name} owns it, "
                f"at {owner.address}: unset {name}, or bring it home: python -m extraction move {module} --back"
            )


def is_refusal(error: BaseException | None) -> bool:
    """Tell whether the database has refused a write or a read to this deployable's role."""
    return isinstance(error, Error) and getattr(error.__cause__, "sqlstate", None) == REFUSED


def moved_to(module: str, error: BaseException | None) -> str | None:
    """Find where a module moved, if that is why its database refused; None where the error is another.

    Not to be asked inside a transaction of the module's.
    """
    if not is_refusal(error):
        return None
    try:
        refresh(module)
    except Error as unreadable:
        log.warning("owner_unknown", module=module, error=str(unreadable).strip())
    now = topology.current()
    return now.moved.get(module) if module in now.left else None


def catch_up(module: str, epoch: str | None) -> None:
    """Read the row where a peer knows of a later change of owner, by what it says in `X-Owner-Epoch`.

    So a peer that passes something on to the new owner is not sent back by it. Where the new owner has a database of
    its own, the change gets there a moment after it was made: while a move is open, that is waited for. Raises
    `Unavailable` after `CATCH_UP_SECONDS`.
    """
    if not epoch or not (epoch.isascii() and epoch.isdecimal()) or module not in settings.ACTIVE_MODULES:
        return
    deadline, pause = time.monotonic() + CATCH_UP_SECONDS, 0.002
    while _is_behind(module, int(epoch[:18])):
        refresh_known([module])
        known = topology.current().owners.get(module)
        if known is None or not known.other or not _is_behind(module, int(epoch[:18])):
            return
        if time.monotonic() > deadline:
            raise Unavailable(module=module)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def _is_behind(module: str, epoch: int) -> bool:
    known = topology.current().owners.get(module)
    return known is None or known.epoch < epoch


def _read(module: str) -> Owner | None:
    try:
        rows = fetch(module, _READ, [module])
    except Error as error:
        if getattr(error.__cause__, "sqlstate", None) == _NO_TABLE:
            return None
        raise
    return Owner(*rows[0]) if rows else None


def aliases_left() -> set[str]:
    """Return the aliases of the databases in which nothing is to be written from here."""
    return {alias_of(module) for module in topology.current().left}
