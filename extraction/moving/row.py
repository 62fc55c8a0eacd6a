"""The row that says who owns a module. It is the journal of a move as well: each step is there once it is done."""

from dataclasses import dataclass
from enum import StrEnum

from psycopg import sql

from extraction.data.database import Connection
from extraction.data.schema import OWNERSHIP, exists
from extraction.processes.errors import Refused


class Step(StrEnum):
    """How far a move has come."""

    NONE = ""
    PREPARING = "preparing"
    """Tables are being given to a role of their own, and the new owner's role is being let in."""
    PREPARED = "prepared"
    """All is ready for the fence."""
    MOVED = "moved"
    """The new owner writes, and the old one may have it back."""
    RETURNED = "returned"
    """It is home again, and may leave again."""
    COPYING = "copying"
    """To another server: a database there is being filled."""
    FOLLOWING = "following"
    """It follows each change, and all is ready for the fence."""
    MOVED_AWAY = "moved away"
    """The new owner writes to it, and the old one's database follows."""
    BACK = "back"
    """The module is home again, and the other server's database follows as before."""


@dataclass(frozen=True)
class Side:
    """A deployable that owns a module, or may."""

    owner: str
    """Its SERVICE_NAME."""
    address: str
    """Its base URL."""
    role: str
    """The role by which it writes to the module's database."""

    def __str__(self) -> str:
        return f"{self.owner} at {self.address}"


NOBODY = Side("", "", "")


@dataclass(frozen=True)
class Row:
    """Who owns a module now, who is at the other end of a move, and how far that has come."""

    epoch: int
    owner: Side
    other: Side = NOBODY
    step: Step = Step.NONE

    @property
    def is_open(self) -> bool:
        """Tell whether a move is not finished."""
        return self.step is not Step.NONE

    @property
    def is_apart(self) -> bool:
        """Tell whether the two sides have databases of their own."""
        return self.step in (Step.COPYING, Step.FOLLOWING, Step.MOVED_AWAY, Step.BACK)

    @property
    def has_left(self) -> bool:
        """Tell whether the module is away from home."""
        return self.step in (Step.MOVED, Step.MOVED_AWAY)

    @property
    def has_returned(self) -> bool:
        """Tell whether it was away, and is home again."""
        return self.step in (Step.RETURNED, Step.BACK)

    @property
    def next_step(self) -> Step:
        """Return the step to which the fence leads."""
        if self.is_apart:
            return Step.BACK if self.has_left else Step.MOVED_AWAY
        return Step.RETURNED if self.has_left else Step.MOVED


_READ = """
    SELECT epoch, owner, address, role, other_owner, other_address, other_role, step
    FROM seamline_ownership WHERE module = %s
"""
_WRITE = """
    INSERT INTO seamline_ownership AS known
        (module, epoch, owner, address, role, other_owner, other_address, other_role, step, changed_at)
    VALUES ({module}, {epoch}, {owner}, {address}, {role}, {other_owner}, {other_address}, {other_role}, {step}, now())
    ON CONFLICT (module) DO UPDATE SET epoch = excluded.epoch,
        owner = excluded.owner, address = excluded.address, role = excluded.role, other_owner = excluded.other_owner,
        other_address = excluded.other_address, other_role = excluded.other_role, step = excluded.step,
        changed_at = now()
    WHERE known.epoch = {before} RETURNING epoch
"""


def read(connection: Connection, module: str) -> Row | None:
    """Read a module's row; None where it never moved. Raises `Refused` where the tables are too old to have one."""
    if not exists(connection, OWNERSHIP):
        raise Refused(
            f"the database of {module} has no table {OWNERSHIP}: bring the runtime's tables up to date first "
            "(python manage.py migrate_all)"
        )
    found = connection.execute(_READ, [module]).fetchone()
    if not found:
        return None
    epoch, *sides, step = found
    return Row(epoch, Side(*sides[:3]), Side(*sides[3:]), Step(step))


def write(connection: Connection, module: str, row: Row, before: int) -> None:
    """Write a module's row, unless somebody else has changed the owner since epoch `before`. Raises `Refused`."""
    if connection.execute(writing(module, row, before)).fetchone() is None:
        raise changed_meanwhile(module)


def changed_meanwhile(module: str) -> Refused:
    """Make the error for a row that is another than it was."""
    return Refused(f"the owner of {module} was changed by somebody else meanwhile: look at --status, and try again")


def writing(module: str, row: Row, before: int) -> sql.Composed:
    """Make the statement that writes a module's row; it gives no row back where somebody else has changed the owner."""
    values = {
        "module": module,
        "epoch": row.epoch,
        "owner": row.owner.owner,
        "address": row.owner.address,
        "role": row.owner.role,
        "other_owner": row.other.owner,
        "other_address": row.other.address,
        "other_role": row.other.role,
        "step": row.step.value,
        "before": before,
    }
    return sql.SQL(_WRITE).format(**{name: sql.Literal(value) for name, value in values.items()})
