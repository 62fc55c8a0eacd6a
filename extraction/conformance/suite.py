"""The conformance suite of a contract: requests made from it, the same for both sides, and their answers compared."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from extraction.conformance import requests
from extraction.conformance.arguments import Maker
from extraction.conformance.classification import (
    Answered,
    Broken,
    DeclaredError,
    Outcome,
    classify,
    describe,
    problem_in,
)
from extraction.conformance.endpoints import Endpoint, Request, Response
from extraction.conformance.equivalence import Equivalence, shown
from extraction.conformance.pool import SENT, Row, as_json
from extraction.conformance.report import Discrepancy, Reached, Report
from seamline.calls import wire
from seamline.contract import ContractError, DeadlineExceeded, Event, KeyReused, Operation
from seamline.contract.errors import EVERYWHERE
from seamline.events.mailbox import Envelope

QUERIES = 24
"""Calls of each query, on the data as it is at first and again at the end."""
ROUNDS = 32
"""Calls of each command, and deliveries of each event; each is followed by a look through every query."""
MORE = 64
"""Calls more of an operation that was not answered yet, or always the same, or of which not every error was seen."""
REPEATS = 3
"""Of a command's answered calls, those that are repeated."""
GIVES_UP = 3
"""Requests without any answer, one after the other."""
Evidence = tuple[()] | tuple[Request] | tuple[Request, Response, Response]


class Said(NamedTuple):
    """What the module and the service made of one call."""

    our: Outcome
    their: Outcome


class Handled(NamedTuple):
    """The events that a module handles, and the operation by which it is given them."""

    deliver: Operation
    events: tuple[type[Event], ...]


class Suite:
    """One examination. `service` may be left out, to find out what the suite reaches."""

    def __init__(
        self,
        operations: Iterable[Operation],
        handled: Handled,
        maker: Maker,
        module: Endpoint,
        service: Endpoint | None,
    ) -> None:
        self.report = Report()
        self.equivalence = Equivalence()
        self._operations, self._handled = list(operations), handled
        self._maker = maker
        self._module, self._service = module, service
        self._reached = {op.path: Reached(op.path, str(op.kind), unreached=_own_errors(op)) for op in self._operations}
        self._reached |= {event.event_name: Reached(event.event_name, "event") for event in handled.events}
        self._answers: defaultdict[str, set[bytes]] = defaultdict(set)
        self._told: set[tuple[str, str]] = set()
        self._after = ""
        self._silences = 0

    def know(self, table: str, row: Row) -> None:
        """A row that both sides have in their data, for the suite to ask about."""
        self._maker.pool.store(table, row)
        for value in row.values():
            if (told := as_json(value)) is not None:
                self.equivalence.share(told)

    def run(self) -> Report:
        """Ask all there is to ask."""
        queries = [operation for operation in self._operations if not operation.is_command]
        commands = [operation for operation in self._operations if operation.is_command]
        try:
            self._look(queries, QUERIES)
            for _ in range(ROUNDS):
                for command in commands:
                    self._command(command)
                    self._look(queries, 1, newest=True)
                for event in self._handled.events:
                    self._deliver(event)
                    self._look(queries, 1, newest=True)
            for _ in range(MORE):
                for operation in filter(self._hides_something, self._operations):
                    self._call(operation, self._maker.arguments(operation.arguments), self._key(operation))
            for operation in self._operations:
                self._guards(operation)
            self._after = "all that had to be refused"
            self._look(queries, QUERIES)
        except _Silence:
            self._find("all", "silence", "does not answer any more, and was asked nothing further")
        self.report.operations = list(self._reached.values())
        self.report.warnings = list(self._monotonous())
        return self.report

    def _monotonous(self) -> Iterator[Discrepancy]:
        for operation in filter(self._is_monotonous, self._operations):
            [answer], calls = self._answers[operation.path], self._reached[operation.path].answered
            yield Discrepancy(operation.path, f"gave one answer to all {calls} calls: {shown(answer.decode())}")

    def _hides_something(self, operation: Operation) -> bool:
        reached = self._reached[operation.path]
        return not reached.answered or bool(reached.unreached) or self._is_monotonous(operation)

    def _is_monotonous(self, operation: Operation) -> bool:
        """Whether it might as well be a constant, by all that was seen of it."""
        return operation.returns is not type(None) and self._reached[operation.path].distinct == 1

    def _look(self, queries: list[Operation], times: int, *, newest: bool = False) -> None:
        for _ in range(times):
            for query in queries:
                self._call(query, self._maker.arguments(query.arguments, newest=newest))

    def _command(self, command: Operation) -> None:
        """Call a command, and repeat the call under its key, and use its key for another."""
        arguments = self._maker.arguments(command.arguments)
        key = self._key(command)
        first = self._call(command, arguments, key)
        self._maker.attend_to(arguments or {})
        self._after = f"{command.path} {shown(arguments)}"
        if first is None or not isinstance(first.their, Answered) or self._reached[command.path].answered > REPEATS:
            return
        request = requests.proper(command, wire.encode(arguments), Idempotency_Key=key or None)
        ours, theirs = self._exchange(command.path, request)
        again = Said(classify(command, ours), classify(command, theirs))
        if again.their != first.their:
            problem = (
                f"answers a repeat with something else: it {_brief(again.their)}, and at first {_brief(first.their)}"
            )
            as_here = again.our != first.our
            self._find(command.path, "repeat", problem, (request, ours, theirs), note=as_here)
        other = self._maker.arguments(command.arguments)
        if key and other and other != arguments:
            request = requests.proper(command, wire.encode(other), Idempotency_Key=key)
            self._expect(command, "with the key of another call", request, KeyReused)

    def _deliver(self, event: type[Event]) -> None:
        """Give both sides an event to handle, and the same again, which is to do nothing."""
        name, deliver = event.event_name, self._handled.deliver
        arguments = self._maker.arguments(event)
        if not self._share(name, event, arguments) or arguments is None:
            return
        envelope = Envelope(uuid4(), name, wire.encode(arguments).decode(), uuid4().hex, None)
        body = wire.encode({"envelopes": [envelope]})
        request = requests.proper(deliver, body, speaker=event.module, X_Request_ID=envelope.request_id)
        reached = self._reached[name]
        for _ in range(2 if reached.answered < REPEATS else 1):
            ours, theirs = self._exchange(name, request)
            # What is made up may be what no publisher tells: it fails, and has to fail here as there.
            if difference := self._difference(classify(deliver, ours), classify(deliver, theirs)):
                self._find(name, difference.partition(":")[0], difference, (request, ours, theirs))
        self._maker.attend_to(arguments)
        reached.asked += 1
        if theirs.status == wire.OK:
            reached.answered, reached.distinct = reached.answered + 1, 1
        self._after = f"{name} {shown(arguments)}"

    def _share(self, name: str, struct: type[msgspec.Struct], arguments: dict[str, Any] | None) -> bool:
        """Note arguments that both sides are told of; whether there are any."""
        if arguments is None:
            self._find(name, "unmade", "takes arguments that cannot be made up", note=True)
            return False
        self.equivalence.share(arguments)
        self._maker.pool.add_all(msgspec.convert(arguments, struct), SENT)
        return True

    def _call(self, operation: Operation, arguments: dict[str, Any] | None, key: str = "") -> Said | None:
        """Ask both sides; what they said, if the service said what it should."""
        if not self._share(operation.path, operation.arguments, arguments):
            return None
        request = requests.proper(operation, wire.encode(arguments), Idempotency_Key=key or None)
        ours, theirs = self._exchange(operation.path, request)
        our, their = classify(operation, ours), classify(operation, theirs)
        reached = self._reached[operation.path]
        reached.asked += 1
        if difference := self._difference(our, their):
            self._find(operation.path, difference.partition(":")[0], difference, (request, ours, theirs))
            return None
        match their:
            case Broken(why):
                self._find(operation.path, why, f"{why}, as in the monolith", (request, ours, theirs), note=True)
                return None
            case DeclaredError(error):
                if error.code in reached.unreached:
                    reached.unreached = tuple(code for code in reached.unreached if code != error.code)
                    reached.errors += (error.code,)
            case Answered() if isinstance(our, Answered):
                reached.answered += 1
                self._answers[operation.path].add(wire.encode(our.value))
                reached.distinct = len(self._answers[operation.path])
                self._maker.pool.add_all(our.value)
        return Said(our, their)

    def _difference(self, our: Outcome, their: Outcome) -> str | None:
        match our, their:
            case Answered(), Answered():
                difference = self.equivalence.difference(our.value, their.value)
                return f"answers another value: {difference}" if difference else None
            case DeclaredError(), DeclaredError() if our.error.code == their.error.code:
                difference = self.equivalence.difference(our.error.payload, their.error.payload)
                return f"raises {their.error.code} with another value: {difference}" if difference else None
            case Broken(), Broken() if our == their:
                return None
            case _, Broken(why):
                return why
        return f"{_brief(their)}, where the module in the monolith {_brief(our)}"

    def _guards(self, operation: Operation) -> None:
        """What has to be refused before anything is done."""
        arguments = self._maker.arguments(operation.arguments)
        if arguments is None or (operation.path, "is not served") in self._told:
            return
        body = wire.encode(arguments)
        self.equivalence.share(arguments)
        request = requests.without_time(operation, body, self._key(operation))
        self._expect(operation, "when no time is left for it", request, DeadlineExceeded)
        for improper in (*requests.unauthenticated(operation, body), *requests.malformed(operation, arguments)):
            self._refused(operation, improper)

    def _expect(self, operation: Operation, what: str, request: Request, error: type[ContractError]) -> None:
        def raises(response: Response) -> bool:
            match classify(operation, response):
                case DeclaredError(raised):
                    return isinstance(raised, error)
            return False

        self._hold(operation, what, request, raises, f"{what}, and should raise {error.code}")

    def _refused(self, operation: Operation, improper: requests.Improper) -> None:
        def refuses(response: Response) -> bool:
            return response.status == improper.status and problem_in(response) is not None

        told_so = f"to a call {improper.what}, and should {int(improper.status)} with problem details"
        self._hold(operation, improper.status.phrase, improper.request, refuses, told_so)

    def _hold(
        self, operation: Operation, check: str, request: Request, is_right: Callable[[Response], bool], wrong: str
    ) -> None:
        """Send what has one right answer, whatever the module in the monolith makes of it."""
        ours, theirs = self._exchange(operation.path, request)
        if not is_right(theirs):
            as_here = not is_right(ours)
            self._find(operation.path, check, f"{describe(theirs)} {wrong}", (request, ours, theirs), note=as_here)

    def _exchange(self, path: str, request: Request) -> tuple[Response, Response]:
        self.report.requests += 1
        ours = self._module(request)
        if self._service is None:
            return ours, ours
        theirs = self._service(requests.with_body(request, self.equivalence.translate(request.body)))
        self._silences = 0 if theirs.status else self._silences + 1
        if self._silences == GIVES_UP:
            raise _Silence
        if difference := self.equivalence.difference(ours.published, theirs.published):
            problem = f"publishes something else: {difference.replace('$', '$events', 1)}"
            self._find(path, "publishes", problem, (request, ours, theirs))
        return ours, theirs

    def _find(self, path: str, check: str, problem: str, evidence: Evidence = (), *, note: bool = False) -> None:
        """Tell a problem of an operation, once for each check; `evidence` is the request and what it was answered."""
        if (path, check) in self._told:
            return
        self._told.add((path, check))
        found = Discrepancy(path, problem)
        match evidence:
            case (request, *answers):
                found.asked = f"{request.method} {request.path} {shown(request.body.decode(errors='replace'))}"
                found.asked += f", after {self._after}" if self._after else ""
                found.module, found.service = [_whole(answer) for answer in answers] or ("", "")
        (self.report.notes if note else self.report.problems).append(found)

    def _key(self, operation: Operation) -> str:
        return uuid4().hex if operation.needs_key else ""


class _Silence(Exception):
    """The service is gone, or hangs."""


def _own_errors(operation: Operation) -> tuple[str, ...]:
    """Codes of the errors that an operation declares, other than those that any may raise."""
    return tuple(sorted(operation.errors.keys() - {error.code for error in EVERYWHERE}))


def _brief(outcome: Outcome) -> str:
    match outcome:
        case Answered(value):
            return f"answers {shown(value)}"
        case DeclaredError(error):
            return f"raises {error.code}"
        case Broken(why):
            return why


def _whole(response: Response) -> str:
    return f"{response.status or 'no answer'} {shown(response.body.decode(errors='replace'))}"
