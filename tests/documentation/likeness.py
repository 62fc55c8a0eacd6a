"""Whether output is what a page says, though its ids and times are others and it may be told in part.

`…` stands for anything within a line, and alone on a line for any lines. An id that the page has stands for the one
that came in its place, from there on and in commands too. What something took, in time or in space, is never the same,
and columns may be wider.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b"
FIXED = re.compile("0{8}")
"""In an id that is the same everywhere."""
TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"
TOOK = r"(?:\d[\d,]*(?:\.\d+)?)(?= (?:ms|s|kB|MB|GB)\b)|(?<=ms=)\d+(?:\.\d+)?"
TRAILING = re.compile(r" +$|\d{4}-\d\d-\d\dT\S+ \[\w+ *\] .*\n", re.M)
"""Spaces at the end of a line, and lines of a log that goes to the same terminal."""
DAY = re.compile(r"\d{4}-\d\d-\d\d(?=T\d\d:\d\dZ)")
"""That a reader would have another of, in a command."""
_PARTS = re.compile(
    rf"(?P<lines>^ *…\n|\n *…$)|(?P<some>…)|(?P<time>{TIME})|(?P<id>{ID})|(?P<took>{TOOK})|(?P<gap> {{2,}})", re.M
)


def yesterday(_: object) -> str:
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


@dataclass
class Reader:
    """What a reader of a page knows by now."""

    ids: dict[str, str] = field(default_factory=dict)
    """By the id that the page has, the one that came."""

    def typed(self, command: str) -> str:
        """Put the reader's own ids into a command."""
        command = re.sub(ID, lambda match: self.ids.get(match[0], match[0]), command)
        return DAY.sub(yesterday, command)

    def recognises(self, expected: str, output: str) -> bool:
        """Compare a whole output, and remember its ids where it is as expected."""
        pattern, names = self._pattern(expected.strip("\n"))
        found = re.fullmatch(pattern, TRAILING.sub("", output).strip("\n"))
        if found:
            self.ids |= {identity: found[name] for identity, name in names.items()}
        return found is not None

    def recognises_lines(self, expected: str, output: str) -> bool:
        """Compare lines that are in the order of their times, and so in any."""
        left = output.strip("\n").splitlines()
        for line in expected.strip("\n").splitlines():
            found = next((each for each in left if self.recognises(line, each)), None)
            if found is None:
                return False
            left.remove(found)
        return not left

    def _pattern(self, expected: str) -> tuple[str, dict[str, str]]:
        names: dict[str, str] = {}
        pattern, end = "", 0
        for part in _PARTS.finditer(expected):
            pattern += re.escape(expected[end : part.start()]) + self._part(part, names)
            end = part.end()
        return pattern + re.escape(expected[end:]), names

    def _part(self, part: re.Match[str], names: dict[str, str]) -> str:
        if part["lines"]:
            return r"(?:.*\n)*?" if part["lines"].endswith("\n") else r"(?:\n.*)*"
        if part["some"]:
            return ".*?"
        if part["time"]:
            return TIME
        if part["took"]:
            return r"[\d.,]+"
        if part["gap"]:
            return " {2,}"
        identity = part["id"]
        if FIXED.search(identity) or identity in self.ids:
            return re.escape(self.ids.get(identity, identity))
        if identity in names:
            return f"(?P={names[identity]})"
        names[identity] = f"id{len(names)}"
        return f"(?P<{names[identity]}>{ID})"
