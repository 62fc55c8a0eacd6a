"""What a project says of itself that a survey must find: `# finds: foreign-key catalog, cascade catalog`."""

import re
from collections import Counter
from pathlib import Path

from extraction.survey.model import Coupling

_FINDS = re.compile(r"(?:#|--) finds: ([^#\n]+)")
Expected = Counter[tuple[str, int, str, str]]


def expected(root: Path) -> Expected:
    """Read path, line, kind and target of everything that is to be found, and, by silence, of what is not."""
    found: Expected = Counter()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".html"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if match := _FINDS.search(line):
                    for one in match[1].split(","):
                        kind, _, target = one.strip().partition(" ")
                        found[path.relative_to(root).as_posix(), number, kind, target.strip()] += 1
    return found


def told(couplings: list[Coupling]) -> Expected:
    """Couplings, as expectations have them."""
    return Counter((found.path, found.line, found.kind, found.target) for found in couplings)
