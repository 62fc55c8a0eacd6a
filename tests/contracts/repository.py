"""A repository in miniature, whose contracts are locked and changed."""

import subprocess
from pathlib import Path
from shutil import copytree

from click.testing import CliRunner

from conftest import ROOT
from extraction.cli import main
from extraction.reading.layout import LOCKS
from tests.contracts.changes import BEFORE

MANIFEST = """
from contracts.kiosk import Bought, Kiosk
from seamline.module import Module

MODULE = Module(name="till", summary="The till.", calls=(Kiosk,), subscribes=(Bought,))
"""
SIDE_BY_SIDE = (
    BEFORE.replace("class Kiosk(Contract", "class KioskV1(Contract")
    + """

class Kiosk(Contract, module="kiosk", version=2):
    @query
    def price(self, label: str) -> str: ...
"""
)
IN_PLACE = BEFORE.replace('Contract, module="kiosk"', 'Contract, module="kiosk", version=2')


class Repository:
    """A repository with a kiosk, and a till that calls it; its contracts locked and committed."""

    def __init__(self, root: Path) -> None:
        self.root, self.contract = root, root / "contracts/kiosk.py"
        copytree(ROOT / "src/seamline", root / "src/seamline")
        for path, text in {
            "contracts/__init__.py": "",
            "contracts/kiosk.py": BEFORE,
            "src/config/__init__.py": "",
            "src/modules/till/module.py": MANIFEST,
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def compat(self, *arguments: str, status: int) -> str:
        """What the command says, which must end with this status."""
        done = CliRunner().invoke(main, ["compat", "--root", str(self.root), *arguments])
        assert done.exit_code == status, done.output
        return done.output

    def commit(self) -> None:
        """Put all of it under git."""
        for command in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *command], cwd=self.root, check=True)

    @property
    def locked(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.root / LOCKS).glob("*")}
