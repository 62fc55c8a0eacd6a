"""The pages as Sphinx reads them. In the repository they are plain Markdown, whose links lead to files."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "tour.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "report-a-vulnerability.md",
}
"""Pages that stand where a forge looks for them, and what they are called on the site."""
PARENTS = ("docs/index.md", "docs/adr/README.md")
"""Pages whose lists are what the site's contents are made of."""
REFERENCE = "<!-- reference -->"
"""Where the index has the pages that are made from the code."""
PICTURES = {".svg", ".png"}
FENCED = re.compile(r"(^ *```.*?^ *```$)", re.M | re.S)
LINK = re.compile(
    r"(?P<text>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^)\s]+)\)|(?P<name>src|href)=\"(?P<value>[^\"]+)\""
)
SECTION = re.compile(r"^## (.+)$", re.M)
ENTRY = re.compile(r"(?:^- |\| )\[([^\]]+)\]\(([^)#\s]+\.md)(?:#[^)]*)?\)", re.M)


class Misplaced(Exception):
    """A page that leads nowhere, or that nothing leads to."""


def pages() -> dict[Path, str]:
    """Find the pages of the site, by their files, with the names that they have there."""
    named = {REPOSITORY / file: name for file, name in OUTSIDE.items()}
    folder = REPOSITORY / "docs"
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder).as_posix()
        named[path] = name.replace("README.md", "index.md")
    return named


def write(folder: Path, reference: Mapping[str, str], repository: str = "") -> None:
    """Write every page, and the pictures in them. `reference` has the titles of pages that are there already.

    Links to other files lead to `repository`, a base URL; without one their text stays. Raises `Misplaced`.
    """
    named = pages()
    seen: set[str] = set()
    for path, name in named.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        if path.relative_to(REPOSITORY).as_posix() in PARENTS:
            text, listed = _with_contents(path, text, named, reference)
            seen |= listed
        target.write_text(_linked(path, text, named, folder, repository))
    lost = {name for name in named.values() if name != "index.md"} - seen
    if lost:
        raise Misplaced(f"docs/index.md lists every page but {', '.join(sorted(lost))}: add them to one of its lists")


def _with_contents(
    path: Path, text: str, named: Mapping[Path, str], reference: Mapping[str, str]
) -> tuple[str, set[str]]:
    """Add the tables of contents that the site's navigation is made of, a part for each section; name the pages."""
    listed: dict[str, None] = {}
    contents = ""
    for title, section in _sections(text):
        entries = {}
        for words, target in ENTRY.findall(section):
            name = named.get((path.parent / target).resolve())
            if name is None:
                raise Misplaced(f"{path.relative_to(REPOSITORY)}: there is no page {target}")
            if name not in listed:
                entries[name], listed[name] = words, None
        if REFERENCE in section:
            entries = {f"reference/{name}.md": words for name, words in reference.items()} | entries
        contents += _toctree(title, entries, named[path]) if entries else ""
    links = "".join(f"- [{words}](reference/{name}.md)\n" for name, words in reference.items())
    return text.replace(REFERENCE, links) + contents, set(listed)


def _sections(text: str) -> Iterable[tuple[str, str]]:
    first, *rest = SECTION.split(text)
    return [("", first), *zip(rest[::2], rest[1::2], strict=True)]


def _toctree(title: str, entries: Mapping[str, str], page: str) -> str:
    caption = f":caption: {title}\n" if title else ""
    lines = "\n".join(f"{words} </{name.removesuffix('.md')}>" for name, words in entries.items())
    return f"\n```{{toctree}}\n:hidden:\n{caption}\n{lines}\n```\n"


def _linked(path: Path, text: str, named: Mapping[Path, str], folder: Path, repository: str) -> str:
    """Have its links lead to where their targets are on the site, outside blocks of code."""

    def lead(match: re.Match[str]) -> str:
        target = match["target"] or match["value"]
        there = _resolve(path, target, named, folder, repository)
        if match["name"]:
            return f'{match["name"]}="{there or target}"'
        return f"{match['text']}({there})" if there else match["text"][1:-1]

    parts = FENCED.split(text)
    # What nobody types is coloured by no rule: some of it is a session, some of it a file.
    return "".join(
        part.replace("```shell", "```text", 1) if at % 2 else LINK.sub(lead, part) for at, part in enumerate(parts)
    )


def _resolve(path: Path, target: str, named: Mapping[Path, str], folder: Path, repository: str) -> str:
    """Work out where a link leads from its page on the site; nowhere for code without a repository."""
    if re.match(r"[a-z]+:|#", target):
        return target
    file, hash_, anchor = target.partition("#")
    found = (path.parent / file).resolve()
    for page in (found, found / "README.md", found / "index.md"):
        if page in named:
            return os.path.relpath(named[page], Path(named[path]).parent) + hash_ + anchor
    if found.suffix in PICTURES:
        copy = folder / found.relative_to(REPOSITORY / "docs")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, copy)
        return os.path.relpath(copy, (folder / named[path]).parent)
    return f"{repository}/{found.relative_to(REPOSITORY)}" if repository else ""
