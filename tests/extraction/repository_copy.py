"""A copy of this repository to add modules to, with what a developer runs there."""

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from click.testing import CliRunner, Result

from extraction.cli import main
from extraction.reading.requirements import Lock, wanted
from extraction.writing import plan
from tests.processes import REPOSITORY, environment
from tests.tools import require_tool

FOLDERS = ("contracts", "distributions", "extraction", "requirements", "src", "tests/architecture", "tests/words")
FILES = (*plan.GENERIC, *plan.ADAPTED, "Makefile", "docs/glossary.md", "importlinter.ini")


class RepositoryCopy:
    """The copy, under git as it was when it was made."""

    started: subprocess.CompletedProcess[str]
    """What `startmodule` said."""

    def __init__(self, root: Path, database_url: str) -> None:
        self.root = root
        self.database_url = database_url
        ignored = shutil.ignore_patterns("__pycache__")
        for name in FOLDERS:
            shutil.copytree(REPOSITORY / name, root / name, ignore=ignored)
        for name in FILES:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, root / name)
        # Types are checked much faster with it; whatever is missing of it is made again.
        with suppress(OSError, shutil.Error):
            shutil.copytree(REPOSITORY / ".mypy_cache", root / ".mypy_cache")

    def git(self, *arguments: str) -> str:
        """Git, as somebody."""
        whom = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
        return self._said(["git", *whom, *arguments])

    def keep(self) -> None:
        """Commit all that is there."""
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it is")

    def python(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, *map(str, arguments)])

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("manage.py", *arguments)

    def startmodule(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "extraction", "startmodule", *arguments)

    def make(self, target: str, venv: Path) -> subprocess.CompletedProcess[str]:
        """`make`, in what it takes for a virtual environment with the copy's requirements: ours, by another name."""
        venv.mkdir()
        for part in Path(sys.prefix).iterdir():
            (venv / part.name).symlink_to(part)
        for name in ("local", "dev"):
            digest = hashlib.sha256((self.root / "requirements" / f"{name}.txt").read_bytes()).hexdigest()
            (venv / f".{name}-{digest}").touch()
        (venv / ".made").touch()
        return self._run([require_tool("make"), target, f"VENV={venv}"])

    def extraction(self, command: str, *arguments: str | Path) -> Result:
        """`python -m extraction` on it."""
        return CliRunner(env={"DATABASE_URL": None}).invoke(
            main, [command, "--root", str(self.root), *map(str, arguments)]
        )

    def add(self, tree: Path) -> None:
        """Put files there as they lie in another folder."""
        shutil.copytree(tree, self.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    def lock(self, module: str) -> None:
        """Pin what a module requires, as `make lock` would, in the versions that development has of them."""
        file = f"src/modules/{module}/requirements.in"
        named = wanted((self.root / file).read_text())
        known = Lock.parse((self.root / "requirements/dev.txt").read_text())
        for source in (self.root / "requirements").glob("*.in"):
            path = source.with_suffix(".txt")
            lock = Lock.parse(path.read_text())
            pins = {name: known.pins[name] for name in known.closure(named)} | lock.pins
            path.write_text("\n".join([*lock.header, *(line for pin in pins.values() for line in pin.lines)]) + "\n")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        settings = {"PYTHONPATH": f".{os.pathsep}src", "DATABASE_URL": self.database_url}
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def _said(self, command: list[str]) -> str:
        done = self._run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
