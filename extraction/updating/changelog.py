"""What changed between two versions, from the changelog that this tool carries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from extraction.processes.errors import Refused
from extraction.writing import runtime_wheel, shared_files

UNRELEASED = "Unreleased"
UPGRADE, SECURITY = "Upgrade", "Security"
"""Headings below a version: what a person has to do, and what was not safe before."""
_VERSION = re.compile(r"## \[?(?P<name>\d[^\s\]]*|Unreleased)\]?(?:\s.*)?$")
_HEADING = re.compile(r"### (?P<name>.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Section:
    """What the changelog says of one version."""

    name: str
    """Its number, or `Unreleased`."""
    entries: dict[str, tuple[str, ...]]
    """Each entry in one line, by the heading that it stands below: `Security`."""

    def is_after(self, version: Version) -> bool:
        """Whether a version has not, or not surely all of, what this section tells of.

        A revision that was not released may be of any moment before the release that it is called after.
        """
        if self.name == UNRELEASED:
            return str(version) != runtime_wheel.find().version
        found = Version(self.name)
        return found > version or (is_unreleased(version) and found.release >= version.release)


def is_unreleased(version: Version) -> bool:
    """Whether nothing says what is in it but a digest of its content."""
    return version.local is not None or version.is_devrelease


def since(version: str) -> tuple[Section, ...]:
    """Read what a version lacks of this one, the latest first. Raises `Refused` where it is none."""
    found = parse_version(version)
    here = Version(runtime_wheel.find().version)
    sections = parse(shared_files.read_changelog())
    known = (one for one in sections if one.name != UNRELEASED or is_unreleased(here))
    return tuple(section for section in known if section.is_after(found))


def parse_version(text: str) -> Version:
    """Read a version. Raises `Refused` where it is none."""
    try:
        return Version(text)
    except InvalidVersion:
        raise Refused(f"{text!r} is no version such as 0.9.0") from None


def parse(text: str) -> tuple[Section, ...]:
    """Read every section of a changelog, as they stand there."""
    found: list[Section] = []
    heading = ""
    for kind, content in _pieces(text):
        if kind == "version":
            found.append(Section(content, {}))
            heading = ""
        elif kind == "heading":
            heading = content
        elif found and heading:
            entries = found[-1].entries
            entries[heading] = (*entries.get(heading, ()), content)
    return tuple(found)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Give versions, headings and entries; an entry's further lines are joined to its first."""
    entry: list[str] = []
    for line in [*text.splitlines(), ""]:
        if entry and line.startswith("  "):
            entry.append(line.strip())
            continue
        if entry:
            yield "entry", " ".join(entry)
            entry = []
        if version := _VERSION.match(line):
            yield "version", version["name"]
        elif line.startswith("## "):
            return  # what follows is no version any more
        elif heading := _HEADING.match(line):
            yield "heading", heading["name"]
        elif line.startswith(("- ", "* ")):
            entry = [line[2:].strip()]
