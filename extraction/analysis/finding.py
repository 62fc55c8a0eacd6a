"""What stands in the way of a module's leaving."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One obstacle: where it is, which rule it breaks, why that matters, and what to do."""

    path: str
    line: int
    rule: str
    message: str
    fix: str
    chain: tuple[str, ...] = ()
    """The modules an import goes through, where it goes through several."""

    def __str__(self) -> str:
        through = f" ({' -> '.join(self.chain)})" if self.chain else ""
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}{through} - {self.fix}"

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)
