"""`outdated`: which versions folders were written by and addresses run, and what those lack."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
from packaging.version import InvalidVersion, Version

from extraction.processes.errors import Refused
from extraction.updating import changelog, health
from extraction.updating.changelog import Section
from extraction.writing import runtime_wheel, written_record

_PIN = re.compile(r"(?m)^seamline==(\S+)")
_ADDRESS = re.compile(r"https?://")
MAX_VERSION_LENGTH = 64
"""Of what an address says; more is no version."""
RUNTIME_KEYS = ("runtime", "version")
"""Under which `/health` says the version of the runtime, at the top or among `versions`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far behind a folder or an address is."""

    place: str
    written: str = ""
    """The version that wrote it; empty where nothing says so, as of an address."""
    runtime: str = ""
    """The version of the runtime that it requires, or runs."""
    lacks: tuple[str, ...] = ()
    """The versions since then, the latest first."""
    security: tuple[str, ...] = ()
    """The fixes of security that it lacks, each with its version."""
    problem: str = ""
    """Why nothing is known of it."""

    @property
    def is_safe(self) -> bool:
        """Whether it is known to lack no fix of security."""
        return not self.security and not self.problem

    def as_builtins(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return asdict(self) | {"safe": self.is_safe}


def look(places: Sequence[str]) -> Iterator[Standing]:
    """Look at all places, in their order: at folders, and at addresses in parallel."""
    answers = health.ask_all([place for place in places if is_address(place)])
    for place in places:
        try:
            yield _standing_of_answer(place, answers[place]) if is_address(place) else _standing_of_folder(place)
        except Refused as refused:
            yield Standing(place, problem=str(refused).splitlines()[0])


def is_address(place: str) -> bool:
    """Whether it is asked over the network."""
    return bool(_ADDRESS.match(place))


def _standing_of_folder(place: str) -> Standing:
    folder = Path(place)
    if not folder.is_dir():
        raise Refused("there is no such folder")
    written = written_record.read_manifest(folder).version
    pins = folder / "requirements/base.txt"
    found = _PIN.search(pins.read_text(errors="replace")) if pins.is_file() else None
    return _judge(place, written=written, runtime=found[1] if found else "")


def _standing_of_answer(place: str, answer: health.Response) -> Standing:
    if answer.problem:
        raise Refused(answer.problem)
    return _judge(place, runtime=_read_version(answer.body))


def _read_version(body: bytes) -> str:
    """Read what `/health` says of the runtime: a version, and nothing else that somebody may have written there."""
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise Refused("what it answers is no JSON of /health") from None
    nested = said.get("versions")
    for found in (nested, said) if isinstance(nested, dict) else (said,):
        for key in RUNTIME_KEYS:
            version = found.get(key)
            version = version.get("version") if isinstance(version, dict) else version
            if isinstance(version, str) and len(version) <= MAX_VERSION_LENGTH and _is_version(version):
                return version
    raise Refused("it does not say which version of the runtime it runs: it is older than those that do")


def _is_version(text: str) -> bool:
    try:
        return Version(text) is not None
    except InvalidVersion:
        return False


def _judge(place: str, *, runtime: str, written: str = "") -> Standing:
    versions = [version for version in (written, runtime) if version]
    oldest = min(versions, key=changelog.parse_version)
    sections = () if _is_later(oldest) else changelog.since(oldest)
    return Standing(
        place=place,
        written=written,
        runtime=runtime,
        lacks=tuple(section.name for section in sections),
        security=tuple(_list_fixes(sections)),
    )


def _is_later(version: str) -> bool:
    """Whether it is later than what this tool knows of."""
    return changelog.parse_version(version).release > Version(runtime_wheel.find().version).release


def _list_fixes(sections: Sequence[Section]) -> Iterator[str]:
    return (f"{one.name}: {entry}" for one in sections for entry in one.entries.get(changelog.SECURITY, ()))
