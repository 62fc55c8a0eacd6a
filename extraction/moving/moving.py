"""The steps of a move. Each can be done again, so that whoever comes after one that was cut off goes on with it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from extraction.data import files
from extraction.data.copying import explained
from extraction.data.database import Connection
from extraction.moving import deployables, fence, preconditions, roles, row
from extraction.moving.deployables import Deployable
from extraction.moving.fence import Arrive
from extraction.moving.row import NOBODY, Row, Side, Step
from extraction.processes.errors import Refused

LOCK = 7328
"""Advisory lock of whoever moves a module of a database."""
FOLLOW_SECONDS = 30.0
"""For how long a deployable may take to find out who owns a module. It takes milliseconds, mostly."""
LOOK_SECONDS = 0.1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Move:
    """A module, its home, and the connection of the administrator of its database."""

    module: str
    home: Deployable
    connection: Connection
    say: Say

    @property
    def database(self) -> str:
        return self.connection.info.dbname

    def row(self) -> Row | None:
        """Read who owns the module, and how far its move has come."""
        return row.read(self.connection, self.module)

    def open_row(self) -> Row:
        """Do so, where a move is open. Raises `Refused` where none is."""
        found = self.row()
        if found is None or not found.is_open:
            raise Refused(f"no move of {self.module} is open")
        return found

    def prepare(self, service: Deployable, address: str | None) -> Row:
        """Have all ready for the fence: nobody notices. Raises `Refused`."""
        found = self._begin(service, address)
        if found.step is Step.PREPARING:
            password = str(service.told["database"].get("password", ""))
            self.say(f"letting {service.role} read {self.database}")
            roles.let_in(self.connection, self.database, service.role, password)
            self.say("giving the tables to a role of their own")
            roles.part(self.connection, self.database, self.home.role)
            found = self._note(found, Step.PREPARED)
        return found

    def cut_over(self, found: Row, ends: list[Deployable]) -> Row:
        """Make the other side the owner: the fence, and all that follows of it. Raises `Refused`."""
        self._ask(found)
        return self._cross(found, ends, self.connection)

    def follow(self, found: Row, ends: list[Deployable]) -> None:
        """Tell everybody who the owner is now, and wait until the owner knows."""
        self.say("telling the processes")
        for end in ends:
            end.wake()
        self._copy_files(ends)
        self._wait_until_known(found.owner, found, "it does not know yet that it is the owner")

    def end(self, found: Row) -> Row:
        """Give the tables to the owner, and end the move. The way back is closed. Raises `Refused`."""
        self.say(f"giving the tables to {found.owner.role}")
        roles.rejoin(self.connection, self.database, found.owner.role, found.other.role)
        # What never moved is placed by settings, as before.
        after = Row(found.epoch + 1, found.owner if found.has_left or found.has_returned else NOBODY)
        row.write(self.connection, self.module, after, found.epoch)
        self.home.wake()
        return after

    def _ask(self, found: Row) -> None:
        self.say(f"asking {found.other}")
        self._wait_until_known(found.other, found, "it does not know yet that it may become the owner")

    def _cross(self, found: Row, ends: list[Deployable], writing: Connection, arrive: Arrive | None = None) -> Row:
        """Pass the fence in the owner's database, and do all that follows of it. Raises `Refused`."""
        self._copy_files(ends)
        self.say("the fence")
        passed = fence.change_owner(writing, self.module, found, found.next_step, arrive=arrive)
        self.say(f"passed at try {passed.tries}: writers waited {passed.seconds * 1000:.0f} ms at most")
        self.follow(passed.row, ends)
        return passed.row

    def _begin(self, service: Deployable, address: str | None) -> Row:
        found = self.row()
        if found and found.is_open:
            if found.other.owner != service.name:
                raise Refused(f"{self.module} is on its way to {found.other}: --finish or --abort that first")
            return found
        if found and found.owner.owner not in ("", self.home.name):
            raise Refused(f"{self.module} is owned by {found.owner}: move it from there")
        began = self.make_plan(service, address, found)
        row.write(self.connection, self.module, began, found.epoch if found else 0)
        return began

    def refuse_unready(self, service: Deployable) -> None:
        """Make sure that nothing is in the way of it. Raises `Refused`."""
        preconditions.refuse_unfit(self.home, service)
        preconditions.refuse_unready(self.connection, self.home, service)

    def make_plan(self, service: Deployable, address: str | None, found: Row | None) -> Row:
        """Work out the row with which a move begins. Raises `Refused`."""
        self.refuse_unready(service)
        if not address and not service.told["development"]:
            raise Refused(f"say where {service.name} answers, as this deployable reaches it: --at URL")
        home = Side(self.home.name, service.told["gateway"] or self.home.told["address"], self.home.role)
        other = Side(service.name, (address or service.told["address"]).rstrip("/"), service.role)
        return Row(found.epoch + 1 if found else 1, home, other, Step.PREPARING)

    def _note(self, found: Row, step: Step) -> Row:
        noted = Row(found.epoch, found.owner, found.other, step)
        row.write(self.connection, self.module, noted, found.epoch)
        return noted

    def _copy_files(self, ends: list[Deployable]) -> None:
        if len(ends) == 2:
            source, target = (end.database for end in ends)
            with closing(source.connect()) as reading:
                files.copy(reading, source, target, self.say)

    def _wait_until_known(self, side: Side, found: Row, problem: str) -> None:
        deadline = time.monotonic() + FOLLOW_SECONDS
        while True:
            told = deployables.health(side.address)
            if told is None:
                raise Refused(f"{side} does not answer: start it, and the same command goes on")
            if told["service"] != side.owner:
                raise Refused(f"at {side.address} is {told['service']}, not {side.owner}: name its address with --at")
            known = told["modules"].get(self.module, {})
            if ((known.get("owner") or {}).get("epoch") or 0) >= found.epoch:
                return
            if time.monotonic() > deadline:
                raise Refused(f"{side}: {problem}; look at its log, and the same command goes on")
            time.sleep(LOOK_SECONDS)


@contextmanager
def moving(home: Deployable, say: Say) -> Iterator[Move]:
    """Be the only one who moves the module, until the end of the block. Raises `Refused`."""
    with explained(), closing(home.admin_database().connect()) as connection:
        hold(connection, home.module)
        yield Move(home.module, home, connection, say)


def hold(connection: Connection, module: str) -> None:
    """Be the only command that moves a module of this database, as long as the connection is open. Raises `Refused`."""
    [[free]] = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    if not free:
        raise Refused(f"another command moves {module} at the moment: wait for it")
