"""The small system as a deployable in a folder of its own, for processes: `manage.py serve` there."""

import shutil
from pathlib import Path

from tests.processes import REPOSITORY

HERE = Path(__file__).parent
OF_ANY_DEPLOYABLE = ("manage.py", "src/config", "src/seamline", "contracts/__init__.py", "src/modules/__init__.py")
OWN = ("contracts", "src/modules")


def lay_out(root: Path) -> Path:
    """Write the system into a folder, and give the folder."""
    for path in OF_ANY_DEPLOYABLE:
        _copy(REPOSITORY / path, root / path)
    for path in OWN:
        _copy(HERE / path, root / path)
    return root


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        # With what Python has compiled, which holds as long as a file's time and size do; not what it is about to.
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.pyc.*"))
    else:
        shutil.copy(source, target)
