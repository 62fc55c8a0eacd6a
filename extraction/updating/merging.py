"""The merge of three: what was written, what this version writes, and what stands there. Git does it, in a scratch.

Nothing in the folder is changed by it, and nothing in its repository: what stands there is read by git into a
repository of our own, by the folder's rules of what is ignored.
"""

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path, PurePosixPath

from extraction.processes import git
from extraction.processes.errors import Refused
from extraction.writing import history, writer
from extraction.writing.plan import File

YOURS = "yours"
IGNORED = ("/.seamline/", "/.venv/", "/var/")
"""What is left out of the merge, whether or not the folder's `.gitignore` says so."""
NO_ATTRIBUTES = "* -text -eol -filter -ident -working-tree-encoding !merge !diff\n"
"""Files as they are, and no program of the folder's."""
LINK, EXECUTABLE, REPOSITORY = "120000", "100755", "160000"
BASE, OURS, THEIRS = 1, 2, 3
"""Stages, as git numbers them."""
MIN_GIT = (2, 38)
Entry = tuple[str, str]
"""Mode and object of a file."""


@dataclass(frozen=True)
class Merged:
    """What becomes of a folder."""

    written: tuple[File, ...]
    """Files that are other than they stand there, or new."""
    removed: tuple[str, ...]
    """Files that go."""
    conflicts: tuple[str, ...]
    """Files with marks of a conflict, or that were changed in both and cannot be merged."""
    notes: tuple[str, ...]
    """What was decided for a person, who may see it otherwise: a line each."""

    def path_set(self) -> frozenset[str]:
        """Give every path that it changes."""
        return frozenset(self.removed).union(file.path for file in self.written)

    def put(self, *files: File) -> "Merged":
        """Have these files written instead of what the merge made of them."""
        others = {file.path: file for file in self.written} | {file.path: file for file in files}
        paths = {file.path for file in files}
        return replace(
            self,
            written=tuple(others[path] for path in sorted(others)),
            removed=tuple(path for path in self.removed if path not in paths),
            conflicts=tuple(path for path in self.conflicts if path not in paths),
        )


class Scratch:
    """A repository of our own, with the three sides as trees. Use it as a context."""

    def __init__(self, folder: Path, label: str) -> None:
        self._folder, self._label = folder, label
        self._temporary = tempfile.TemporaryDirectory(prefix="extraction.")
        self._home = Path(self._temporary.name)
        self._git = self._home / "git"

    def __enter__(self) -> "Scratch":
        _refuse_old_git()
        git.run(self._home, "init", "--quiet", "--bare", "--template=", str(self._git))
        (self._git / "info").mkdir()
        (self._git / "info/attributes").write_text(NO_ATTRIBUTES)
        (self._git / "info/exclude").write_text("".join(f"{path}\n" for path in IGNORED))
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    def merge(self, base: Collection[File], theirs: Collection[File]) -> Merged:
        """Merge. Raises `Refused` where a link or a folder stands in the place of a file."""
        known = {file.path for file in (*base, *theirs)}
        trees = [self._tree_of(base), self._tree_of_folder(known), self._tree_of(theirs)]
        start = self._commit(trees[0])
        for name, tree in ((YOURS, trees[1]), (self._label, trees[2])):
            self._run("update-ref", f"refs/heads/{name}", self._commit(tree, start))
        tree, stages = self._merge_trees()
        before, after = self._entries(trees[1]), self._entries(tree)
        written_before = self._entries(trees[0])
        conflicts, notes = self._settle(after, stages)
        notes += _keep_removed(before, after, written_before)
        changed = [path for path in after if before.get(path) != after[path] and after[path][0] != REPOSITORY]
        contents = self._contents([after[path][1] for path in changed])
        return Merged(
            written=tuple(_file(path, after[path][0], contents[after[path][1]]) for path in sorted(changed)),
            removed=tuple(sorted(before.keys() - after.keys())),
            conflicts=tuple(sorted(conflicts)),
            notes=tuple(notes),
        )

    def put_tree(self, merged: Merged, into: Path) -> None:
        """Write the whole folder as it will be, below another one."""
        tree = self._run("rev-parse", f"{YOURS}^{{tree}}")
        self._run_in(into, "read-tree", tree)
        self._run_in(into, "checkout-index", "--all", "--force")
        for path in merged.path_set():
            (into / path).unlink(missing_ok=True)
        writer.put(into, merged.written)

    def _tree_of(self, files: Iterable[File]) -> str:
        with tempfile.TemporaryDirectory(prefix="side.", dir=self._home) as side:
            writer.put(Path(side), files)
            self._run("read-tree", "--empty")
            self._run_in(Path(side), "add", "--all", "--force")
            return self._run("write-tree")

    def _tree_of_folder(self, known: Iterable[str]) -> str:
        self._run("read-tree", "--empty")
        self._run_in(self._folder, "add", "--all")
        # What was written may be ignored by name, and is part of the folder all the same.
        there = [path for path in known if (self._folder / path).is_symlink() or (self._folder / path).is_file()]
        from_list = ("--pathspec-from-file=-", "--pathspec-file-nul")
        if there:
            self._run_in(self._folder, "add", "--force", *from_list, given="\0".join(there))
        return self._run("write-tree")

    def _commit(self, tree: str, *parents: str) -> str:
        return self._run("commit-tree", tree, "-m", "side", *(part for parent in parents for part in ("-p", parent)))

    def _merge_trees(self) -> tuple[str, dict[str, dict[int, Entry]]]:
        options = ("-c", "merge.directoryRenames=false", "-c", "merge.conflictStyle=merge")
        arguments = (*self._options(), *options, "merge-tree", "--write-tree", "-z", YOURS, self._label)
        done = git.attempt(self._home, *arguments)
        if done.returncode not in (0, 1):
            raise Refused(f"git cannot merge: {done.stderr.decode(errors='replace').strip()}")
        tree, _, rest = done.stdout.decode(errors="surrogateescape").partition("\0")
        stages: dict[str, dict[int, Entry]] = defaultdict(dict)
        for line in rest.split("\0"):
            if not line:
                break  # messages follow
            about, _, path = line.partition("\t")
            mode, name, stage = about.split()
            stages[path][int(stage)] = (mode, name)
        return tree, stages

    def _settle(self, after: dict[str, Entry], stages: Mapping[str, Mapping[int, Entry]]) -> tuple[set[str], list[str]]:
        """Decide what git leaves to a person, where there is only one sensible answer."""
        conflicts, notes = set(), []
        odd = (path.rpartition("~")[0] for path in after if path.endswith((f"~{YOURS}", f"~{self._label}")))
        links = (path for path, found in stages.items() if len({mode == LINK for mode, _ in found.values()}) > 1)
        if path := next(chain(links, odd), None):
            raise Refused(f"{path} is a file on one side, and a link or a folder on the other: move yours away first")
        for path, found in sorted(stages.items()):
            if OURS in found and THEIRS in found:
                conflicts.add(path)
                if after.get(path) == found[OURS]:
                    notes.append(f"{path} was changed here too, and cannot be merged: yours stays")
            elif OURS in found:
                after[path] = found[OURS]
                notes.append(f"{path} is not written any more; you changed it, so it stays")
            else:
                after.pop(path, None)
                if THEIRS in found:
                    notes.append(f"{path} was removed or renamed here, and stays so; it is written otherwise now")
        return conflicts, notes

    def _entries(self, tree: str) -> dict[str, Entry]:
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", tree)
        found = (line.partition("\t") for line in listed.split("\0") if line)
        return {path: (about.split()[0], about.split()[2]) for about, _, path in found}

    def _contents(self, names: Collection[str]) -> dict[str, bytes]:
        """Read objects, all at once."""
        if not names:
            return {}
        said = git.run_binary(self._home, *self._options(), "cat-file", "--batch", given="\n".join(names) + "\n")
        found, at = {}, 0
        for name in names:
            end = said.index(b"\n", at)
            size = int(said[at:end].split()[2])
            found[name] = said[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found

    def _options(self) -> tuple[str, ...]:
        plain = history.PLAIN_CONFIGURATION | {"core.bare": "false", "user.name": "x", "user.email": "x@localhost"}
        settings = (part for item in plain.items() for part in ("-c", "=".join(item)))
        return (f"--git-dir={self._git}", "--literal-pathspecs", *settings)

    def _run(self, *arguments: str, given: str = "") -> str:
        return git.run(self._home, *self._options(), *arguments, given=given).strip("\n")

    def _run_in(self, folder: Path, *arguments: str, given: str = "") -> str:
        return git.run(folder, *self._options(), f"--work-tree={folder}", *arguments, given=given)


def _keep_removed(before: Mapping[str, Entry], after: dict[str, Entry], written: Mapping[str, Entry]) -> Iterator[str]:
    """Leave out what is new in a folder of which everything that was written there is gone."""
    stand, were = _folders(before), _folders(written)
    for path in sorted(after.keys() - before.keys() - written.keys()):
        gone = next((each for each in _parents(path) if each in were and each not in stand), None)
        if gone:
            del after[path]
            yield f"{gone}/ was removed here, and stays so: {path} is new there, and was left out"


def _folders(entries: Iterable[str]) -> set[str]:
    return {folder for path in entries for folder in _parents(path)}


def _parents(path: str) -> list[str]:
    return [parent.as_posix() for parent in PurePosixPath(path).parents][:-1]


def _file(path: str, mode: str, content: bytes) -> File:
    if mode == LINK:
        return File(path, b"", link=content.decode(errors="surrogateescape"))
    return File(path, content, executable=mode == EXECUTABLE)


def _refuse_old_git() -> None:
    if not git.is_installed():
        raise Refused("there is no git, which merges: install it, or have it in PATH")
    said = git.run(Path.cwd(), "version").split()[2]
    version = tuple(int(part) for part in said.split(".")[:2] if part.isdigit())
    if version < MIN_GIT:
        raise Refused(f"git {said} cannot merge trees: git {'.'.join(map(str, MIN_GIT))} or later can")
