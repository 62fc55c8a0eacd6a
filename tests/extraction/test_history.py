"""The git history that a service begins with, whatever a person's own git is set up for."""

import os
import subprocess
from pathlib import Path

import pytest

from extraction.writing import history

ADA = "[user]\n\tname = Ada\n\temail = ada@example.com\n"
IGNORED = "What git ignores there is no part of it."
HOSTILE = """\
[user]
\tname = Ada
\temail = ada@example.com
[commit]
\tgpgSign = true
[core]
\thooksPath = {home}/hooks
\tautocrlf = true
\texcludesFile = {home}/ignored
[init]
\tdefaultBranch = trunk
\ttemplateDir = {home}/template
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's home folder, with what git knows of them."""
    place = tmp_path / "home"
    place.mkdir()
    (place / ".gitconfig").write_text(ADA)
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return place


def git(folder: Path, *arguments: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(["git", *arguments], cwd=folder, env=own, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A monolith, which is not under git."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root/file").write_text("1\n")
    return tmp_path / "root"


def begun(root: Path, name: str = "service") -> Path:
    """A service with a history."""
    folder = root.parent / name
    (folder / "src").mkdir(parents=True)
    for path in ("README.md", ".env.example", "src/module.py"):
        (folder / path).write_bytes(b"one\r\ntwo\n")
    assert begin(folder) is None
    return folder


def begin(folder: Path) -> str | None:
    return history.begin(folder, folder.parent / "root", "pens", "pens-service", "shop")


def test_it_is_one_commit_of_all_that_was_written(home: Path, root: Path) -> None:
    folder = begun(root)
    log = git(folder, "log", "--all", "--format=%D|%an|%ae|%cn|%B")
    assert log == "HEAD -> main|Ada|ada@example.com|Ada|Extract pens from shop\n\n"
    assert git(folder, "ls-files").split() == [".env.example", "README.md", "src/module.py"]
    assert git(folder, "status", "--porcelain") == ""


def test_it_says_which_revision_it_comes_from(home: Path, root: Path) -> None:
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "All")
    git(root, "config", "user.name", "Ben")
    said = f"pens-service is the module pens of shop at revision\n{git(root, 'rev-parse', 'HEAD').strip()}"

    assert git(begun(root, "one"), "log", "--format=%an %b").strip() == f"Ben {said}.\n{IGNORED}"
    (root / "file").write_text("2\n")
    assert f"{said}, and what was not committed there." in git(begun(root, "two"), "log", "--format=%b")


def test_nothing_of_a_persons_own_git_has_a_part_in_it(home: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = begun(root, "one")
    (home / ".gitconfig").write_text(HOSTILE.format(home=home))
    (home / "ignored").write_text("*.md\n.env*\nsrc\n")
    for folder in ("hooks", "template/hooks"):
        for hook in ("pre-commit", "commit-msg", "post-commit"):
            place = home / folder / hook
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"#!/bin/sh\ntouch {home}/ran\nexit 1\n")
            place.chmod(0o755)
    # As in a hook, from which somebody may extract.
    monkeypatch.setenv("GIT_DIR", str(home / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(home / "index"))

    two = begun(root, "two")

    assert not {"ran", "elsewhere", "index"} & {path.name for path in home.iterdir()}
    assert not (two / ".git/hooks").exists()
    assert git(one, "rev-parse", "main^{tree}") == git(two, "rev-parse", "main^{tree}")


def test_an_author_whom_git_does_not_know_is_nobody(home: Path, root: Path) -> None:
    (home / ".gitconfig").write_text("")
    assert git(begun(root), "log", "--format=%an %ae").strip() == "extraction extraction@localhost"


def test_without_git_there_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert begin(root) == "there is no git"
    assert not (root / ".git").exists()


def test_where_git_fails_there_is_none(home: Path, root: Path) -> None:
    (home / ".gitconfig").write_text("[init\n")
    assert (begin(root) or "").startswith("git could not: fatal: bad config")
    assert not (root / ".git").exists()
