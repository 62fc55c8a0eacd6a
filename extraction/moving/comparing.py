"""Both databases of a move at one and the same instant: what is compared is not what was written in between."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from extraction.data.database import Connection
from extraction.data.progress import Bar
from extraction.data.schema import Schema, position
from extraction.data.verifying import Compared, compare_rows
from extraction.moving.fence import Late
from extraction.moving.streams import Stream
from extraction.processes.errors import Refused

SEQUENCE_MARGIN = 100
"""By how many steps a sequence goes on beyond what its original gave out last."""
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_BOUNDS = "SELECT seqincrement, seqmin, seqmax FROM pg_sequence WHERE seqrelid = %s::regclass"


@dataclass(frozen=True)
class Instant:
    """Whoever holds the writers has it looked at what both have."""

    stream: Stream
    found: Schema
    courier: Connection
    ours: Connection
    theirs: Connection

    def arrive(self, seconds: float) -> None:
        """Wait until all that was committed has arrived, and keep in view what both have then. Raises `Late`."""
        if not self.stream.has_passed(self.courier, seconds):
            raise Late(f"does not arrive within {seconds:g} s on {self.stream.target}")
        for connection in (self.ours, self.theirs):
            connection.rollback()
            connection.execute(_BEGIN)
            connection.execute("SELECT")  # the snapshot is taken by the first statement

    def cross(self, seconds: float) -> None:
        """Do so, and have the target's sequences go on where the source's end. Raises `Late` and `Refused`."""
        self.arrive(seconds)
        source, target = self.courier, self.stream.target.connection
        advance(self.found, source, target)
        if behind := find_behind(self.found, source, target):
            raise Refused(f"{behind[0]}: nothing was changed; see what is wrong with it, and try again")

    def compare(self, bar: Bar) -> Compared:
        """Compare all rows that both had then."""
        rows, different = compare_rows(self.found, self.ours, self.theirs, bar)
        return Compared(len(self.found.tables), rows, different)


@contextmanager
def instant(stream: Stream, found: Schema) -> Iterator[Instant]:
    """Have connections for that until the end of the block. Raises `Refused`."""
    source, target = (end.deployable.admin_database() for end in (stream.source, stream.target))
    with ExitStack() as stack:
        courier, ours, theirs = (stack.enter_context(closing(each.connect())) for each in (source, source, target))
        # A server that is slow to write what was committed is not waited for: the token has it written.
        courier.execute("SET synchronous_commit = local")
        yield Instant(stream, found, courier, ours, theirs)


def advance(found: Schema, source: Connection, target: Connection) -> None:
    """Set each sequence of the target some steps beyond where the source's is."""
    for name in found.sequences:
        [(step, least, most)] = source.execute(_BOUNDS, [name]).fetchall()
        last = position(source, name)[0] + SEQUENCE_MARGIN * step
        target.execute("SELECT setval(%s::regclass, %s)", [name, min(max(last, least), most)])


def find_behind(found: Schema, source: Connection, target: Connection) -> list[str]:
    """Tell of sequences that would give out again what the source's have given out."""
    behind: list[str] = []
    for name in found.sequences:
        [(step, _, _)] = source.execute(_BOUNDS, [name]).fetchall()
        here, there = position(source, name)[0], position(target, name)[0]
        if (there - here) * step < 0 or here == there:
            behind.append(f"the sequence {name} is at {there} in the target, and at {here} in the source")
    return behind
