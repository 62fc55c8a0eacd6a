"""The couplings that are there for now: a file that may only shrink."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from extraction.ratchet.config import Misconfigured
from extraction.survey.model import Coupling

VERSION = 1
_KEYS = ("path", "kind", "from", "to", "what")


class Entry(NamedTuple):
    """What is allowed in a file, on whatever line."""

    path: str
    kind: str
    source: str
    target: str
    text: str

    @classmethod
    def of(cls, found: Coupling) -> "Entry":
        """The entry that allows a coupling."""
        return cls(found.path, found.kind, found.source, found.target, found.text)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """What stays when a file is moved."""
        return self[1:]


@dataclass(slots=True)
class Baseline:
    """How often each entry is allowed, and the reasons that people wrote."""

    allowed: Counter[Entry] = field(default_factory=Counter)
    reasons: dict[Entry, str] = field(default_factory=dict)

    @classmethod
    def of(cls, couplings: Iterable[Coupling]) -> "Baseline":
        """Allow what is there."""
        return cls(Counter(Entry.of(found) for found in couplings))

    @classmethod
    def read(cls, path: Path) -> "Baseline":
        """Read the file; one that is not there allows nothing. Raises `Misconfigured`."""
        if not path.exists():
            return cls()
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            baseline = cls()
            for one in said["couplings"]:
                baseline._take(one)
        except (ValueError, KeyError, TypeError) as error:
            raise Misconfigured(f"{path} is no baseline: {type(error).__name__} {error}") from None
        return baseline

    def _take(self, said: dict[str, Any]) -> None:
        entry = Entry(*(str(said[key]) for key in _KEYS))
        self.allowed[entry] += int(said.get("count", 1))
        if said.get("reason"):
            self.reasons[entry] = str(said["reason"])

    def write(self, path: Path) -> None:
        """Write the file."""
        path.write_text(self.render(), encoding="utf-8")

    def render(self) -> str:
        """Return the file's text, in an order that makes small differences."""
        couplings = [self._said(entry, count) for entry, count in sorted(self.allowed.items()) if count > 0]
        return json.dumps({"version": VERSION, "couplings": couplings}, indent=1, ensure_ascii=False) + "\n"

    def _said(self, entry: Entry, count: int) -> dict[str, Any]:
        said: dict[str, Any] = dict(zip(_KEYS, entry, strict=True))
        if count > 1:
            said["count"] = count
        if reason := self.reasons.get(entry):
            said["reason"] = reason
        return said
