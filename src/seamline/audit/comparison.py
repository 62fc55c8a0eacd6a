"""Rules are applied to a full outer join: the facts of all kinds, in the order of their keys, each read once.

A sort-merge join: every module states its facts a batch at a time, and no more than a batch of each kind is at hand.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from seamline.audit.facet import audit_facet
from seamline.audit.facts import Fact
from seamline.audit.findings import BATCH_SIZE, Finding
from seamline.audit.rules import Kind, Rule
from seamline.calls import call
from seamline.contract import ContractError

ByKey = Mapping[str, Fact]
Same = tuple[str, str, str]
"""What makes two findings the same: the module, the subject, the problem."""


class Compared(NamedTuple):
    """A batch of keys that were looked at: how many facts each module stated, and what was found of which module."""

    numbers: Mapping[str, int]
    findings: tuple[tuple[str, Finding], ...]


class _Unstated(Exception):
    """A module does not state its facts as it should."""


class _Found(NamedTuple):
    key: str
    finding: Finding


class _Stream:
    """The facts of one kind, in the order of their keys."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._at_hand: dict[str, Fact] = {}
        self._last = ""
        self._is_over = False
        self._repeated: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._at_hand)

    @property
    def horizon(self) -> str | None:
        """The key up to which all are at hand; None where that is all there are."""
        return None if self._is_over else self._last

    def fill(self) -> None:
        """Ask for the next batch, where nothing is at hand."""
        if self._at_hand or self._is_over:
            return
        batch = call(audit_facet(self._kind.module)).facts(self._kind.name, self._last)
        for fact in batch:
            if fact.key == self._last:
                self._repeated.append(fact.key)
            if fact.key < self._last:
                raise _Unstated(f"its facts of kind {self._kind.name} are not in the order of their keys")
            self._last = fact.key
        self._at_hand = {fact.key: fact for fact in batch}
        self._is_over = len(batch) < BATCH_SIZE

    def take_repeated(self) -> Iterator[Finding]:
        """Take what is wrong with keys that have several facts: a rule sees one of them."""
        repeated, self._repeated = self._repeated, []
        for key in repeated:
            yield Finding(f"{self._kind.name} of {key}", "there are several of them, and may be one")

    def take(self, horizon: str | None) -> ByKey:
        """Take the facts up to a key, or all."""
        taken = {key: fact for key, fact in self._at_hand.items() if horizon is None or key <= horizon}
        self._at_hand = {key: fact for key, fact in self._at_hand.items() if key not in taken}
        return taken


class Comparison:
    """Rules, applied to all that the modules state. A module that does not answer takes its rules with it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = list(rules)
        self._streams = {kind: _Stream(kind) for rule in rules for kind in rule.kinds}
        self.unanswered: dict[str, str] = {}
        """Why a module was not compared, or not to the end."""

    def run(self) -> Iterator[Compared]:
        """Compare all, a batch at a time."""
        while self._fill():
            horizon = min(
                (key for stream in self._streams.values() if (key := stream.horizon) is not None), default=None
            )
            facts = {kind: stream.take(horizon) for kind, stream in self._streams.items()}
            numbers: Counter[str] = Counter()
            for kind, found in facts.items():
                numbers[kind.module] += len(found)
            repeated = [
                (kind.module, each) for kind, stream in self._streams.items() for each in stream.take_repeated()
            ]
            yield Compared(numbers, (*repeated, *self._confirm(self._judge(facts))))

    def _fill(self) -> bool:
        """Have a batch of every kind at hand; whether there is anything."""
        for kind, stream in list(self._streams.items()):
            self._ask(kind, stream.fill)
        return any(self._streams.values())

    def _judge(self, facts: Mapping[Kind, ByKey]) -> dict[Same, _Found]:
        found = {}
        for rule in self._rules:
            sides = [facts[kind] for kind in rule.kinds]
            for key in sorted(set().union(*sides)):
                for finding in rule.judge(*(side.get(key) for side in sides)):
                    found[rule.module, finding.subject, finding.problem] = _Found(key, finding)
        return found

    def _confirm(self, found: Mapping[Same, _Found]) -> Iterator[tuple[str, Finding]]:
        """Keep what is found once more: something may have moved on between two of the questions."""
        if found:
            again = self._judge(self._facts_about(tuple({key for key, _ in found.values()})))
            yield from ((same[0], again[same].finding) for same in found if same in again)

    def _facts_about(self, keys: tuple[str, ...]) -> dict[Kind, ByKey]:
        facts: dict[Kind, ByKey] = {}

        def ask(kind: Kind) -> None:
            batches = (keys[begin : begin + BATCH_SIZE] for begin in range(0, len(keys), BATCH_SIZE))
            stated = (call(audit_facet(kind.module)).facts_about(kind.name, batch) for batch in batches)
            facts[kind] = {fact.key: fact for some in stated for fact in some}

        for kind in list(self._streams):
            self._ask(kind, partial(ask, kind))
        return facts

    def _ask(self, kind: Kind, ask: Callable[[], None]) -> None:
        """Ask a module for facts; where it does not answer, go on without the rules that need it."""
        if kind not in self._streams:
            return
        try:
            ask()
        except (ContractError, _Unstated) as error:
            self.unanswered.setdefault(kind.module, str(error).strip())
            self._rules = [rule for rule in self._rules if kind not in rule.kinds]
            needed = {kind for rule in self._rules for kind in rule.kinds}
            self._streams = {kind: stream for kind, stream in self._streams.items() if kind in needed}
