"""Hold names and docstrings to the field's words, as far as a machine can.

Run by `make lint`. Today's offenders stand in `allowed.txt`; that list may only shrink, by `--shrink`.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ALLOWED = Path(__file__).with_name("allowed.txt")
GLOSSARY = ROOT / "docs/glossary.md"
NAMED = ("src/seamline", "extraction")
DOCUMENTED = ("src/seamline",)

BANNED = {
    "Served": "BoundOperation",
    "Answer": "Response",
    "refusal": "error_response",
    "circumstances": "context",
    "standing_in": "with_stale_fallback, or fake_contract",
    "KEPT": "the role and the unit: MAX_IDLE, MAX_ENTRIES",
    "TRIPS": "FAILURE_THRESHOLD",
    "REST": "RESET_TIMEOUT",
    "HURRY": "MIN_DEADLINE",
    "QUEUE": "ACQUIRE_TIMEOUT",
    "SLOTS": "MAX_CONCURRENT_CALLS",
    "FULL": "MAX_TOKENS",
    "EARNED": "TOKEN_RATIO",
    "is_spent": "is_exhausted",
    "rest": "back_off",
    "rests_until": "backoff_until",
    "waiting": "the thing that waits: subscribers_with_due_messages",
    "AWAY_PAUSE": "MAX_BACKOFF_UNREACHABLE",
    "Lanes": "DeliveryPool",
    "turned_away": "deferred_publishers",
    "freed": "on_capacity",
    "ticket": "task_id",
    "TURN": "TIME_SLICE",
    "WIDTH": "THREADS_PER_SUBSCRIBER",
    "Carrier": "Dispatcher",
    "carry": "dispatch",
    "parked": "blocked",
    "nudge": "wake",
    "Refusal": "Failure",
    "abandon": "on_compensated",
    "RELAXED": "ASYNC_COMMIT",
    "heed": "exit_if_requested",
    "was_asked": "is_requested",
    "wrong": "invalid_setting",
    "ELSEWHERE": "REMOTE_QUEUE",
    "Departed": "ExtractedModule",
    "hindrance": "unavailable_reason",
    "untried": "skip_reason",
    "unkept": "no_history_reason",
    "Likeness": "Equivalence",
    "spelled": "evaluate_string",
    "PATIENCE": "the role and the unit: SHUTDOWN_SECONDS",
    "BATCH": "the role and the unit: BATCH_SIZE",
}
"""Names that hide what they are, and the word to use."""
BANNED_FILES = {
    "home": "server",
    "ledger": "constraints",
    "ending": "shutdown",
    "places": "call_sites, database, service_repository",
    "exchange": "atomic_replace",
    "likeness": "equivalence",
    "sides": "endpoints",
    "stage": "environment",
    "verdicts": "classification",
    "broker": "celery_dispatcher",
}
PARTICIPLE = re.compile(
    r"[a-z]+ed|begun|built|done|found|given|gone|heard|held|kept|known|left|made|met|said|seen|sent|shown|spent|taken"
    r"|told|written"
)
NO_PARTICIPLES = {"embed", "exceed", "feed", "need", "proceed", "seed", "speed", "succeed"}
VAGUE_BEGINNING = re.compile(r"(What|Whether|Where|Have|Those)\b")
TERM = re.compile(r"^- \*\*(.+?)\*\*")


class Offence(NamedTuple):
    """A name or docstring that a reader would not search for."""

    path: str
    line: int
    rule: str
    name: str
    remedy: str

    @property
    def key(self) -> str:
        """Without its place, so that moving a file is no offence."""
        return f"{self.rule} {self.name}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.name}: {self.remedy}"


def offences() -> Iterator[Offence]:
    """Look at every file of the runtime and the tool."""
    for folder in NAMED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "tests" not in path.parts:
                yield from _in_file(path.relative_to(ROOT), path.read_text(), documented=folder in DOCUMENTED)


def _in_file(path: Path, text: str, *, documented: bool) -> Iterator[Offence]:
    if better := BANNED_FILES.get(path.stem):
        yield Offence(str(path), 1, "file", path.stem, f"call it {better}")
    for name, node in _definitions(ast.parse(text)):
        word = name.rpartition(".")[2].lstrip("_")
        if better := BANNED.get(word):
            yield Offence(str(path), node.lineno, "banned", name, f"say {better}")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if PARTICIPLE.fullmatch(word) and word not in NO_PARTICIPLES:
                yield Offence(
                    str(path), node.lineno, "participle", name, "a verb where it acts, a noun or is_ where not"
                )
            is_public = not any(part.startswith("_") for part in name.split("."))
            if documented and is_public and (vague := VAGUE_BEGINNING.match(ast.get_docstring(node) or "")):
                remedy = f"begin its docstring with an imperative verb, not with {vague[1]}"
                yield Offence(str(path), node.lineno, "docstring", name, remedy)


def _definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Find functions, classes and assigned names, but what is local to a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
            yield from _definitions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            yield from ((prefix + target.id, child) for target in targets if isinstance(target, ast.Name))
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _definitions(child, prefix)


def repeated_terms(glossary: str) -> list[str]:
    """List the terms that a glossary defines more than once."""
    terms = Counter(found[1].lower() for line in glossary.splitlines() if (found := TERM.match(line)))
    return sorted(term for term, times in terms.items() if times > 1)


def judge(found: list[Offence], allowed: Counter[str]) -> list[str]:
    """Say what is new, and what is allowed though nobody does it any more."""
    left = Counter(allowed)
    complaints = []
    for offence in found:
        if left[offence.key]:
            left[offence.key] -= 1
        else:
            complaints.append(str(offence))
    gone = sorted(left.elements())
    if gone:
        complaints += [f"{ALLOWED.relative_to(ROOT)}: {key} is mended" for key in gone]
        complaints.append("take them off: python -m tests.words --shrink")
    return complaints


def read_allowed() -> Counter[str]:
    """Read the list of offenders that were there before this check."""
    return Counter(line for line in ALLOWED.read_text().splitlines() if line and not line.startswith("#"))


def write_allowed(allowed: Counter[str]) -> None:
    """Replace that list."""
    heading = "# Offenders from before the words check. Mend one and take it off with --shrink; add none.\n"
    ALLOWED.write_text(heading + "".join(f"{key}\n" for key in sorted(allowed.elements())))


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--shrink"]):
        print("usage: python -m tests.words [--shrink]", file=sys.stderr)
        return 2
    found, allowed = list(offences()), read_allowed()
    if arguments:
        allowed &= Counter(offence.key for offence in found)
        write_allowed(allowed)
    complaints = judge(found, allowed)
    complaints += [f"docs/glossary.md: {term} is defined twice" for term in repeated_terms(GLOSSARY.read_text())]
    print("\n".join(complaints) or f"no new offence against the words; {allowed.total()} old ones are still allowed")
    return 1 if complaints else 0
