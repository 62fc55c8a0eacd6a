"""A miniature monolith under git, whose module `pens` is a service already: for tests of leaving and coming back."""

import shutil
import subprocess
from pathlib import Path

from tests.extraction.miniature import Monolith

ANSWERS = """\
import json
import pathlib
import sys

if sys.argv[1] == "interface":
    paths = {"/api/v1/pens/{pen}": {"get": {"tags": ["pens"]}}}
    document = {"openapi": "3.1.0", "info": {"title": "Pens"}, "paths": paths, "components": {}}
    print(json.dumps({"routes": ["api/v1/pens/<str:pen>", "pens/<str:pen>"], "openapi": document}))
"""
"""A `manage.py` that says what the miniature cannot: which addresses the module answers."""
CHECK = f"""{ANSWERS}
if sys.argv[1] == "check":
    here = pathlib.Path("src/modules/pens/queries.py").exists()
"""
"""To which a test adds what to do then."""
FOLDER = "src/modules/pens"


class DepartedRepository:
    """The monolith, and the service that its module became."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.service = root / "pens-service"
        self.monolith = Monolith(root / "monolith", afresh=False)

    @classmethod
    def make(cls, root: Path) -> "DepartedRepository":
        """A new one."""
        (root / "monolith").mkdir()
        monolith = Monolith(root / "monolith")
        monolith.write("manage.py", ANSWERS)
        made = cls(root)
        made.git("init", "--quiet", "--template=")
        made.commit()
        done = monolith.extract(made.service)
        assert done.exit_code == 0, done.output
        return made

    def copied(self, root: Path) -> "DepartedRepository":
        """Another that is the same, to be doctored."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return DepartedRepository(root)

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """Git in the monolith, as somebody."""
        whom = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
        command = ["git", "-C", str(at or self.monolith.root), *whom, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def commit(self, at: Path | None = None) -> None:
        self.git("add", "--all", at=at)
        self.git("commit", "--quiet", "--allow-empty", "--message", "As it is", at=at)

    def finished(self) -> "DepartedRepository":
        """The same, after the module left for good."""
        done = self.monolith.run("finish", "pens", "--service", self.service)
        assert done.exit_code == 0, done.output
        self.commit()
        return self
