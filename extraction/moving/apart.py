"""A move to another server: the other side has a database of its own, and what one writes streams to the other.

The row in the module's database at home is the journal, and the other database has a copy of it. The fence at the side
that writes is the decision; the other side is opened after it, by whoever gives the command, now or again.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from psycopg import sql

from extraction.data.copying import FILLED, compared, counted, explained, has_rows
from extraction.data.database import Connection, Database
from extraction.data.filling import refresh_views
from extraction.data.progress import Bar
from extraction.data.schema import Schema, migrated_until
from extraction.moving import fence, preconditions, roles, row
from extraction.moving.comparing import Instant, instant
from extraction.moving.deployables import Deployable
from extraction.moving.moving import Move, Say, hold
from extraction.moving.row import NOBODY, Row, Step
from extraction.moving.streams import STALL_SECONDS, End, Stream
from extraction.processes.errors import Refused

QUICK_SECONDS = 0.2
"""The fence is tried once what is written arrives so soon, when nobody has to wait for it."""


@dataclass(frozen=True)
class MoveApart(Move):
    """A move between two servers; `connection` is to the module's database at home."""

    away: End
    bar: Bar
    is_made: bool
    """Whether the other database is there; else `away` is another of its server."""

    @property
    def here(self) -> End:
        """Return the end at home."""
        return End(self.home, self.connection)

    def make_plan(self, service: Deployable, address: str | None, found: Row | None) -> Row:
        """Work out the row with which a move begins. Raises `Refused`."""
        planned = super().make_plan(service, address, found)
        there = row.read(self.away.connection, self.module) if self.is_made else None
        epoch = max(planned.epoch, there.epoch + 1 if there else 1)
        return Row(epoch, planned.owner, planned.other, Step.COPYING)

    def refuse_unready(self, service: Deployable) -> None:
        """Make sure that both databases are fit for it. Raises `Refused`."""
        super().refuse_unready(service)
        for end in (self.here, self.away):
            preconditions.refuse_unfollowed(end.connection, str(end))
        if self.is_made:
            preconditions.refuse_unready(self.away.connection, service, service)
            self._refuse_rows(self._tables())

    def prepare(self, service: Deployable, address: str | None) -> Row:
        """Have all ready for the fence: a copy that follows. Raises `Refused`."""
        found = self._begin(service, address)
        self._mirror(found)
        if found.step is Step.COPYING:
            self.say("giving the tables to a role of their own, on both servers")
            roles.part(self.connection, self.database, self.home.role)
            roles.close(self.away.connection, self.away.database, service.role)
            self._follow(self._tables())
            found = self._note(found, Step.FOLLOWING)
            self._mirror(found)
        return found

    def cut_over(self, found: Row, ends: list[Deployable]) -> Row:
        """Make the other side the owner: compare, the fence, open the other database, compare. Raises `Refused`."""
        stream = self._stream(found)
        self._open(found)
        for each in (stream, self._stream(found, back=True)):
            each.refuse_lost()
        self._ask(found)
        with instant(stream, self._tables()) as view:
            self._compare(view)
            crossed = self._cross(found, ends, stream.source.connection, view.cross)
            refresh_views(view.ours, stream.target.connection)
            self.say("comparing what was there at the fence")
            if different := view.compare(self.bar).different:
                raise Refused(
                    f"{self.module} has moved to {crossed.owner}, whose database differs from what was here at the "
                    f"fence: {'; '.join(different)}. Put those rows right, there or, after --back, here"
                )
        return crossed

    def follow(self, found: Row, ends: list[Deployable]) -> None:
        """Open the owner's database, and tell everybody."""
        self.say(f"opening {self._stream(found).source}")
        self._open(found)
        super().follow(found, ends)

    def end(self, found: Row) -> Row:
        """End the streams, and the move. The way back is closed. Raises `Refused`."""
        self._open(found)
        self.say("ending the streams")
        # The one towards the owner first: what is done to the other database from now on must not arrive there.
        for stream in (self._stream(found, back=True), self._stream(found)):
            stream.end()
        after = Row(found.epoch + 1, found.owner if found.has_left or found.has_returned else NOBODY)
        if found.has_left:
            self.say(f"giving the tables to {found.owner.role}")
            roles.reunite(self.away.connection, self.away.database, found.owner.role)
        else:
            self.say(f"emptying {self.away}, and giving the tables to their owners")
            self._empty(self._tables())
            roles.reunite(self.connection, self.database, found.owner.role)
            roles.reunite(self.away.connection, self.away.database, found.other.role)
        self._mirror(after)
        row.write(self.connection, self.module, after, found.epoch)
        self.home.wake()
        return after

    def row(self) -> Row | None:
        """Read who owns the module. After a fence at the other server, that is where it is known first."""
        found = super().row()
        if found and found.is_apart:
            there = row.read(self.away.connection, self.module)
            return there if there and there.is_open and there.epoch > found.epoch else found
        return found

    def _open(self, found: Row) -> None:
        """Let the owner write to its database, which it has been since a fence after which a command was cut off."""
        fence.open_to(self._stream(found).source.connection, self.module, found)

    def _follow(self, found: Schema) -> None:
        there, back = Stream(self.here, self.away), Stream(self.away, self.here)
        if not there.is_kept:
            self.away.unsubscribe()  # from an attempt that was given up without that server
        if not self.away.is_subscribed:
            back.end()  # of an attempt that was cut off: what is emptied there must not be emptied here
            there.publish(found)
            self._empty(found)
            there.subscribe(copy=True)
        there.until_copied(self.say)
        back.publish(found)
        back.subscribe(copy=False)

    def _compare(self, view: Instant) -> None:
        """Compare both as they are at an instant, for which writers have to wait. Raises `Refused`."""
        self._catch_up(view)
        waited = fence.hold(view.stream.source.connection, self.module, view.arrive)
        self.say(f"comparing both, as they were at an instant; writers waited {waited * 1000:.0f} ms at most")
        found = view.compare(self.bar)
        if found.different:
            raise Refused(
                f"{view.stream.target} differs: {'; '.join(found.different)}. Nothing was changed; --abort empties "
                "what is at the other server, and --to copies anew"
            )
        self.say(f"the same in both: {found}")
        self._catch_up(view)

    def _catch_up(self, view: Instant) -> None:
        stream = view.stream
        while not stream.has_passed(view.courier, QUICK_SECONDS):
            self.say(f"waiting for {stream.target}, which has not everything yet")
            if not stream.has_passed(view.courier, STALL_SECONDS):
                stream.refuse_lost()
                raise Refused(
                    f"nothing arrives in {stream.target}, which has failed {counted(stream.errors, 'time')}, maybe "
                    "because somebody else wrote to it: see the log of its server"
                )

    def _stream(self, found: Row, back: bool = False) -> Stream:
        """Return the stream from who owns the module to the other side, or the one `back`."""
        at_home = found.owner.owner in ("", self.home.name)
        return Stream(self.here, self.away) if at_home is not back else Stream(self.away, self.here)

    def _tables(self) -> Schema:
        return compared(self.connection, self.away.connection, self.module)

    def _mirror(self, found: Row) -> None:
        before = row.read(self.away.connection, self.module)
        if before is None or before.epoch <= found.epoch:
            row.write(self.away.connection, self.module, found, before.epoch if before else 0)

    def _refuse_rows(self, found: Schema) -> None:
        """Make sure that nothing would be lost at the other side. Raises `Refused`."""
        connection = self.away.connection
        there = row.read(connection, self.module)
        if self.away.is_subscribed or (there and there.owner.owner == self.home.name):
            return  # what is there is an old copy
        wanted = [table for table in found.tables.values() if table.name not in FILLED]
        migrated = migrated_until(connection)
        if full := [table.name for table in wanted if has_rows(connection, table, migrated)]:
            more = f" and {counted(len(full) - 1, 'more table')}" if full[1:] else ""
            raise Refused(f"{self.away} has rows already, in {full[0]}{more}: name a new database, or empty that")

    def _empty(self, found: Schema) -> None:
        """Remove all rows at the other side, which does not own them."""
        if self.here.is_subscribed:
            raise Refused("what is removed there would be removed here as well: the stream back has to end first")
        names = sql.SQL(", ").join(table.identifier for table in found.tables.values())
        self.away.connection.execute(sql.SQL("TRUNCATE {}").format(names))


@contextmanager
def moving_apart(
    home: Deployable, service: Deployable, say: Say, bar: Bar, *, make: bool, is_plan: bool
) -> Iterator[MoveApart]:
    """Be the only one who moves the module between these two servers, until the end of the block.

    The other database is made and migrated first if `make` says so; for a mere plan it need not be there. Raises
    `Refused`.
    """
    preconditions.refuse_unfit(home, service)
    preconditions.refuse_other_server(service)
    with explained(), closing(home.admin_database().connect()) as connection, ExitStack() as stack:
        hold(connection, home.module)
        found = row.read(connection, home.module)
        if found and found.is_open and not found.is_apart:
            raise Refused(f"{home.module} is on the move within one server: --finish that first, or --abort it")
        if make and not (found and found.is_open):
            preconditions.refuse_unfollowed(connection, str(home.admin_database()))
            with closing(Database(service.server).connect()) as server:
                preconditions.refuse_unstreamed(server, str(Database(service.server)))
            say(f"migrating the databases of {service.name}")
            service.migrate()
        there, is_made = _connect(service, is_plan)
        stack.enter_context(closing(there))
        if is_made:
            hold(there, home.module)
        yield MoveApart(home.module, home, connection, say, End(service, there), bar, is_made)


def give_up(work: Move, found: Row) -> None:
    """Give up a move without the other server, which may be gone: the module is here, and has not left."""
    here = End(work.home, work.connection)
    here.unsubscribe()
    here.forget()
    roles.reunite(work.connection, work.database, found.owner.role)
    row.write(work.connection, work.module, Row(found.epoch + 1, NOBODY), found.epoch)
    work.home.wake()


def _connect(service: Deployable, is_plan: bool) -> tuple[Connection, bool]:
    try:
        return service.admin_database().connect(), True
    except Refused:
        if not is_plan:
            raise
        if service.told["embedded"] and not service.has_embedded:
            raise Refused(f"{service.folder} has no databases yet: without --dry-run they are made") from None
        return Database(service.server).connect(), False
