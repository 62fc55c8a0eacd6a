"""What changed between two descriptions, rule by rule, and who is affected."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from extraction.compat import rules
from extraction.compat.description import ContractFile, Description, Event, Operation, Schema, Version
from extraction.compat.flows import FieldChange, heard, sent
from extraction.compat.rules import Rule
from extraction.compat.schema import Typed
from extraction.reading.layout import LANGUAGE, contract_file, path_stem
from extraction.reading.manifest import Manifest

DRAFT = "it is a draft, which nobody runs yet"
Flow = Callable[[Typed, Typed], Iterator[FieldChange]]


@dataclass(frozen=True, order=True, slots=True)
class ContractChange:
    """One change of a contract."""

    path: str
    """The contract file."""
    subject: str
    """What of it: `parcels/v1 send`, `parcels.ParcelSent.v1`."""
    place: str
    """The field: `arguments.lines[].quantity`; empty for the whole."""
    message: str
    rule: Rule
    affected: tuple[str, ...]
    """The modules that call or hear it."""
    draft: bool = False
    """Whether it is of a draft, of which nobody runs what was before."""

    @property
    def is_breaking(self) -> bool:
        return self.rule.breaking and not self.draft

    def __str__(self) -> str:
        classification = "breaking" if self.is_breaking else "compatible"
        what = " ".join(filter(None, (self.subject, self.place, self.message)))
        who = f"affects {', '.join(self.affected) or 'no module here'}"
        why = DRAFT if self.rule.breaking and self.draft else self.rule.why
        return f"{self.path}: {classification} [{self.rule.name}] {what} - {why}; {who}"


@dataclass(frozen=True)
class Audience:
    """Who depends on what, as the manifests say."""

    callers: Mapping[str, frozenset[str]]
    """Modules by the dotted name of a contract that they call."""
    subscribers: Mapping[str, frozenset[str]]
    """Modules by the dotted name of an event that they hear."""

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> "Audience":
        """The audience that these modules are."""
        callers: defaultdict[str, set[str]] = defaultdict(set)
        subscribers: defaultdict[str, set[str]] = defaultdict(set)
        for manifest in manifests:
            for name in manifest.calls:
                callers[name].add(manifest.name)
            for name in manifest.subscribes:
                subscribers[name].add(manifest.name)
        return cls(
            {name: frozenset(modules) for name, modules in callers.items()},
            {name: frozenset(modules) for name, modules in subscribers.items()},
        )

    def calling(self, versions: Iterable[Version]) -> frozenset[str]:
        """The modules that call any of these."""
        return _united(self.callers.get(version.name, _NOBODY) for version in versions)

    def hearing(self, events: Iterable[Event]) -> frozenset[str]:
        """The modules that subscribe to any of these."""
        return _united(self.subscribers.get(event.name, _NOBODY) for event in events)

    @property
    def everybody(self) -> frozenset[str]:
        """Every module that calls another."""
        return _united(self.callers.values())


def compare(old: Description, new: Description, audience: Audience) -> list[ContractChange]:
    """Every change from `old` to `new`, in order. Nothing changed is an empty list."""
    found: list[ContractChange] = []
    for name in sorted(old.keys() | new.keys()):
        pair = _Pair(name, old.get(name, ContractFile()), new.get(name, ContractFile()), audience)
        found += pair.findings()
    return sorted(found)


@dataclass(frozen=True)
class _Pair:
    """One contract file, before and after."""

    name: str
    old: ContractFile
    new: ContractFile
    audience: Audience

    def findings(self) -> Iterator[ContractChange]:
        yield from self._versions()
        yield from self._errors()
        yield from self._events()
        if self.old.everywhere:
            everybody = self.audience.everybody
            yield from self._raised("every operation", self.old.everywhere, self.new.everywhere, everybody)

    def _versions(self) -> Iterator[ContractChange]:
        for address in self.old.contracts.keys() | self.new.contracts.keys():
            before, after = self.old.contracts.get(address), self.new.contracts.get(address)
            # Whoever names a class now may run elsewhere as it was built when the class had this version.
            callers = self.audience.calling(filter(None, (before, after)))
            if before is None:
                yield self._found(rules.VERSION_ADDED, address, _NOBODY)
            elif after is None:
                yield self._found(rules.VERSION_REMOVED if callers else rules.VERSION_RETIRED, address, callers)
            else:
                yield from self._operations(address, before, after, callers)

    def _operations(
        self, address: str, before: Version, after: Version, callers: frozenset[str]
    ) -> Iterator[ContractChange]:
        for name in before.operations.keys() | after.operations.keys():
            old, new, subject = before.operations.get(name), after.operations.get(name), f"{address} {name}"
            if old is None:
                yield self._found(rules.OPERATION_ADDED, subject, _NOBODY)
            elif new is None:
                yield self._found(rules.OPERATION_REMOVED, subject, callers)
            else:
                yield from self._operation(subject, old, new, callers)

    def _operation(
        self, subject: str, old: Operation, new: Operation, callers: frozenset[str]
    ) -> Iterator[ContractChange]:
        if old.kind != new.kind:
            yield self._found(rules.KIND_CHANGED, subject, callers, value=new.kind)
        elif old.needs_key != new.needs_key:
            value = "needs a key now" if new.needs_key else "needs no key any longer"
            yield self._found(rules.KEY_CHANGED, subject, callers, value=value)
        if old.timeout != new.timeout:
            yield self._found(rules.TIMEOUT_CHANGED, subject, callers, value=f"{new.timeout:g}")
        yield from self._raised(subject, old.errors, new.errors, callers)
        yield from self._values(sent, subject, "arguments", (old.arguments, new.arguments), callers)
        yield from self._values(heard, subject, "answer", (old.answer, new.answer), callers)

    def _raised(
        self, subject: str, old: Iterable[str], new: Iterable[str], callers: frozenset[str]
    ) -> Iterator[ContractChange]:
        for rule, codes in ((rules.ERROR_ADDED, {*new} - {*old}), (rules.ERROR_REMOVED, {*old} - {*new})):
            for code in codes:
                yield self._found(rule, subject, callers, value=code)

    def _errors(self) -> Iterator[ContractChange]:
        for code in self.old.errors.keys() & self.new.errors.keys():
            old, new, callers = self.old.errors[code], self.new.errors[code], self._callers_of_error(code)
            if old.category != new.category:
                yield self._found(rules.CATEGORY_CHANGED, code, callers, value=f"{new.category} from {old.category}")
            yield from self._values(heard, code, "", (old.fields, new.fields), callers)

    def _callers_of_error(self, code: str) -> frozenset[str]:
        if code in self.old.everywhere:
            return self.audience.everybody
        versions = [*self.old.contracts.values(), *self.new.contracts.values()]
        return self.audience.calling(v for v in versions if any(code in o.errors for o in v.operations.values()))

    def _events(self) -> Iterator[ContractChange]:
        for name in self.old.events.keys() | self.new.events.keys():
            old, new = self.old.events.get(name), self.new.events.get(name)
            hearers = self.audience.hearing(filter(None, (old, new)))
            if old is None:
                yield self._found(rules.EVENT_ADDED, name, _NOBODY)
            elif new is None:
                yield self._found(rules.EVENT_REMOVED if hearers else rules.EVENT_RETIRED, name, hearers)
            else:
                if old.key != new.key:
                    yield self._found(rules.EVENT_KEY_CHANGED, name, hearers, value=f"{new.key}, not {old.key}")
                yield from self._values(heard, name, "", (old.fields, new.fields), hearers)

    def _values(
        self, flow: Flow, subject: str, part: str, schemas: tuple[Schema, Schema], affected: frozenset[str]
    ) -> Iterator[ContractChange]:
        for change in flow(Typed(schemas[0], self.old.types), Typed(schemas[1], self.new.types)):
            place = ".".join(filter(None, (part, change.path))).replace(".[", "[")
            yield self._found(change.rule, subject, affected, place, change.values)

    def _found(
        self, rule: Rule, subject: str, affected: frozenset[str], place: str = "", value: str = ""
    ) -> ContractChange:
        path = path_stem(LANGUAGE) if self.old.everywhere else contract_file(self.name)
        return ContractChange(
            path, subject, place, rule.says.format(value), rule, tuple(sorted(affected)), self.old.draft
        )


def _united(groups: Iterable[frozenset[str]]) -> frozenset[str]:
    return _NOBODY.union(*groups)


_NOBODY: frozenset[str] = frozenset()
