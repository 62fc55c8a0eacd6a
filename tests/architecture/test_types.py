"""Types are checked without a system that starts: mypy's plugin loads the models, and runs nothing of a module."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOAD = """
import sys, django
from django.apps import apps
django.setup()
print(*sorted(app.label for app in apps.get_app_configs() if app.name.startswith("modules.")))
print(*sorted(name for name in sys.modules if name.startswith("modules.") and name.count(".") == 2))
"""


def test_models_are_loaded_and_nothing_is_checked_or_bound() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["django-stubs"]["django_settings_module"]
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f".{os.pathsep}src", "DJANGO_SETTINGS_MODULE": configured},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    labels, loaded = done.stdout.splitlines()
    assert labels.split() == sorted(path.parent.name for path in (ROOT / "src/modules").glob("*/__init__.py"))
    rooms = {name.rpartition(".")[2] for name in loaded.split()}
    assert not rooms & {"admin", "api", "apps", "handlers", "module", "queries", "service", "urls"}
