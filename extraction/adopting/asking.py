"""Ask a project's own Django, in the project or in a copy of it that has the changes already."""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from extraction.adopting.changes import Changes
from extraction.processes import git, installation, interruption
from extraction.processes.errors import Refused

_QUESTION = Path(__file__).parent / "owning" / "question.py"
_MARK = "@@seam@@"
_SETTINGS = re.compile(r"""["']DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")
_TIMEOUT_SECONDS = 300
_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", "var"})


def ask(
    root: Path, python: str | None, what: str, label: str, *others: str, question: Path = _QUESTION
) -> dict[str, Any]:
    """Have the project's Python answer a question about an app. Raises `Refused` with its last complaint."""
    environment = dict(os.environ)
    environment["DJANGO_SETTINGS_MODULE"] = name_settings(root)
    own = [str(root), str(root / "src")]
    environment["PYTHONPATH"] = os.pathsep.join([*own, *filter(None, [os.environ.get("PYTHONPATH")])])
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["EXTRACTION_RUNTIME"] = installation.import_path()
    command = [python or interpreter(root), str(question), what, label, *others]
    done = interruption.run(command, _TIMEOUT_SECONDS, cwd=root, env=environment, stdout=-1, stderr=-1)
    said = done.stdout.decode(errors="replace")
    if done.returncode or _MARK not in said:
        complaint = done.stderr.decode(errors="replace").strip() or said.strip() or "it did not say why"
        raise Refused(
            f"the project's own Django does not start ({command[0]}): {complaint.splitlines()[-1]}; name its Python "
            "with --python, and set in the environment what its settings ask for"
        )
    answer: dict[str, Any] = json.loads(said.rpartition(_MARK)[2])
    return answer


def interpreter(root: Path) -> str:
    """Choose the project's own Python, where it has one."""
    found = (root / folder / "bin" / "python" for folder in (".venv", "venv", "env"))
    return str(next((path for path in found if path.exists()), sys.executable))


@contextmanager
def copy_with(changes: Changes) -> Iterator[Path]:
    """Make a copy of the project that has the changes. It is gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="extraction-adopt-") as folder:
        copy = Path(folder, "project")
        known = git.list_files(changes.root)
        if known:
            for path in known:
                if (changes.root / path).is_file():
                    (copy / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(changes.root / path, copy / path)
        else:
            shutil.copytree(changes.root, copy, ignore=lambda _, names: [n for n in names if n in _SKIPPED])
        for path, text in changes.files.items():
            full = copy / path
            if text is None:
                full.unlink(missing_ok=True)
            else:
                full.parent.mkdir(parents=True, exist_ok=True)
                full.write_text(text, encoding="utf-8")
        yield copy


def name_settings(root: Path) -> str:
    """Name the settings that Django is told of: by the environment, or by `manage.py`. Raises `Refused`."""
    if given := os.environ.get("DJANGO_SETTINGS_MODULE"):
        return given
    manage = root / "manage.py"
    found = _SETTINGS.search(manage.read_text(errors="replace")) if manage.is_file() else None
    if found is None:
        raise Refused("manage.py names no settings: set DJANGO_SETTINGS_MODULE")
    return found[1]
