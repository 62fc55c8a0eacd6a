"""Requirements: brought to the pins of this version, and merged by distribution, not by line.

Two lists of pins that both changed would conflict all over, though nobody cares for their lines. Of each distribution
the later version wins, and what nobody needs any more goes.
"""

import re
from collections.abc import Iterator, Mapping

from packaging.version import InvalidVersion, Version

from extraction.reading.dependencies import STEMS
from extraction.reading.requirements import Lock, Pin, canonical, extras, wanted
from extraction.writing import plan, shared_files
from extraction.writing.runtime_wheel import RuntimeWheel

LOCKS = tuple(f"requirements/{stem}.txt" for stem in STEMS)
Texts = Mapping[str, str]
"""Requirements files by path: `requirements/*.in` and `.txt`, and a module's own."""


def rewrite(texts: Texts, runtime: RuntimeWheel, tool: RuntimeWheel) -> dict[str, str]:
    """Name and pin this version of our wheels in what was written, and have pins no older than this version's own."""
    lines = {
        "base": {runtime.name: runtime.requirement(plan.EXTRAS)},
        "local": {runtime.name: runtime.requirement(plan.LOCAL_EXTRAS)},
        "dev": {tool.name: tool.requirement()},
    }
    inputs = dict(texts)
    for stem in STEMS:
        path = f"requirements/{stem}.in"
        inputs[path] = "".join(_replace(line, lines[stem]) for line in texts.get(path, "").splitlines(keepends=True))
    carried = _read(shared_files.read_all()[shared_files.PINS].decode())
    found = {path: inputs[path] for stem in STEMS if (path := f"requirements/{stem}.in") in texts}
    for path in LOCKS:
        if path in texts:
            lock = _latest(_read(texts[path]), carried)
            for wheel in (runtime, tool):
                lock = lock.with_wheel(canonical(wheel.name), wheel.pin(), wheel.requirements)
            found[path] = _write(lock, path, inputs)
    return found


def merge(path: str, sides: tuple[str, str, str], inputs: Texts) -> str:
    """Merge one list of pins, as it was, stands and is written now, for `.in` files that are merged already."""
    before, here, there = map(_read, sides)
    pins: dict[str, Pin] = {}
    for name in sorted({*here.pins, *there.pins}):
        mine, new, old = here.pins.get(name), there.pins.get(name), before.pins.get(name)
        if mine and new:
            # Ours are pinned by what is in vendor/, or on an index.
            pins[name] = new if mine == old or (new != old and not _is_later(mine, new)) else mine
        elif pin := mine or new:
            pins[name] = pin
    lock = Lock(there.header, pins, {**here.told, **there.told})
    return _write(lock, path, inputs)


def _replace(line: str, lines: Mapping[str, str]) -> str:
    for name, new in lines.items():
        if re.match(rf"{re.escape(name)}(?![\w.-])", line):
            return f"{new}\n"
    return line


def _read(text: str) -> Lock:
    return Lock.parse(text).explain(text)


def _latest(lock: Lock, carried: Lock) -> Lock:
    """Take the later pin of each distribution; of the same version, the one that is for more machines."""
    newer = {
        name: pin
        for name, pin in carried.pins.items()
        if name not in lock.pins
        or _is_later(pin, lock.pins[name])
        # What was needed by some machines alone may be needed by all, once something new needs it.
        or (not _is_later(lock.pins[name], pin) and _is_conditional(lock.pins[name]))
    }
    return Lock(lock.header, {**lock.pins, **newer}, {**lock.told, **carried.told})


def _is_later(pin: Pin, other: Pin) -> bool:
    return max(_versions(pin)) > max(_versions(other))


def _is_conditional(pin: Pin) -> bool:
    return any(re.match(r"[^#\s]+==[^#]*;", line) for line in pin.lines)


def _versions(pin: Pin) -> Iterator[Version]:
    """Read the versions that one is pinned to: more than one, where each is for some versions of Python."""
    yield Version("0")
    for line in pin.lines:
        if found := re.match(r"[\w.-]+(?:\[[^\]]*\])?==([^\s;\\]+)", line):
            try:
                yield Version(found[1])
            except InvalidVersion:
                continue


def _write(lock: Lock, path: str, inputs: Texts) -> str:
    """Write all that the `.in` files up to this one need, as `make lock` compiles it."""
    named: dict[str, set[str]] = {}
    asked: dict[str, frozenset[str]] = {}
    for each in _inputs_of(path, inputs):
        named[each] = set(wanted(inputs[each]))
        for name, found in extras(inputs[each]).items():
            asked[name] = asked.get(name, frozenset()) | found
    return lock.subset({name for names in named.values() for name in names}, named, asked)


def _inputs_of(path: str, inputs: Texts) -> Iterator[str]:
    stems = STEMS[: LOCKS.index(path) + 1]
    yield from (each for stem in stems if (each := f"requirements/{stem}.in") in inputs)
    for each in sorted(inputs):
        if each.endswith("/requirements.in") or (each.endswith("/requirements-dev.in") and stems == STEMS):
            yield each
