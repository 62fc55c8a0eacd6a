"""What is there beside what is allowed: new couplings, mended ones, and those that only moved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from extraction.ratchet.baseline import Baseline, Entry
from extraction.survey.model import Coupling


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a project stands to its baseline."""

    new: list[Coupling]
    mended: Counter[Entry]
    """Entries that allow more than there is: they are to be taken off."""
    remaining: Baseline
    """The baseline without what is mended, and with files where they are now."""
    unlawful: list[Coupling] = field(default_factory=list)
    """Couplings that no baseline allows, of modules with data of their own."""

    @property
    def holds(self) -> bool:
        """Whether nothing is new or against the laws, and nothing is left to take off."""
        return not self.new and not self.mended and not self.unlawful


def judge(couplings: Iterable[Coupling], baseline: Baseline) -> Verdict:
    """Compare. What left one file and is in another, the same in all else, has moved and is as allowed as before."""
    places: dict[Entry, list[Coupling]] = {}
    for found in sorted(couplings):
        places.setdefault(Entry.of(found), []).append(found)
    there = Counter({entry: len(found) for entry, found in places.items()})
    remaining = Baseline(there & baseline.allowed)
    remaining.reasons = {entry: why for entry, why in baseline.reasons.items() if remaining.allowed[entry]}
    unused, extra = baseline.allowed - there, there - baseline.allowed
    new: list[Coupling] = []
    for entry, count in sorted(extra.items()):
        moved = _move(entry, count, unused, baseline, remaining)
        # Which of the same in one file is the new one cannot be told: the last is as good a guess as any.
        new += places[entry][len(places[entry]) - (count - moved) :] if count > moved else []
    return Verdict(new, unused, remaining)


def _move(entry: Entry, count: int, unused: Counter[Entry], baseline: Baseline, remaining: Baseline) -> int:
    """Use up what is allowed of the same thing in files that no longer have it; tell how much that was."""
    moved = 0
    for other in [other for other in unused if other.elsewhere == entry.elsewhere]:
        taken = min(count - moved, unused[other])
        if taken:
            moved += taken
            unused[other] -= taken
            remaining.allowed[entry] += taken
            if other in baseline.reasons:
                remaining.reasons.setdefault(entry, baseline.reasons[other])
        if not unused[other]:
            del unused[other]
    return moved
