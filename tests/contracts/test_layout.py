"""Where modules lie, their aliases and schemas, and what users' ids are, each come from one place: the layout."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import GIVEN, ROOT
from tests.processes import environment

ELSEWHERE = Path(__file__).with_name("elsewhere")
CALL = "globals().update("
OWN = (
    "LAYOUT = Layout('acme.parts', aliases={'parcels': 'freight'}, schemas={'parcels': 'logistics'}, user_id_type=int)"
)
"""What its settings say before the runtime makes the others."""


@pytest.fixture(scope="module")
def observed(database_server: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a deployable finds that has its modules in `acme.parts`, and users known by whole numbers."""
    home = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(ELSEWHERE, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "src/config", home / "src/config", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "src/seamline").symlink_to(ROOT / "src/seamline")
    settings = home / "src/config/settings.py"
    text = settings.read_text()
    assert text.count(CALL) == 1
    settings.write_text(text.replace(CALL, f"from seamline.layout import Layout\n\n{OWN}\n{CALL}"))
    given = environment(DATABASE_URL=GIVEN, DATABASE_PREFIX=f"test_layout_{os.getpid()}", LOG_LEVEL="ERROR")
    path = os.pathsep.join((str(home), str(home / "src")))
    done = subprocess.run(
        [sys.executable, "observe.py"], cwd=home, env=given | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_its_modules_lie_in_another_package(observed: dict[str, Any]) -> None:
    assert observed["owners"] == ["parcels", None, None]
    assert observed["file"] == "src/acme/parts/parcels/service.py"
    assert observed["codes"] == ["parcels.no_parcel", "parcels.too_heavy"]
    assert "/api/v1/parcels/{number}" in observed["documented"]


def test_its_tables_are_found_under_another_alias_and_in_another_schema(observed: dict[str, Any]) -> None:
    assert observed["aliases"] == ["default", "freight"]
    assert observed["schemas"] == ["logistics"]
    assert observed["sent"] == [True, 42, 42]
    assert observed["events"] == [7]
    assert observed["refused"] == ["NoParcel", "TransactionOpen"]
    assert observed["health"]["waiting"] == 1, "what a test listened to"
    assert observed["ready"] == 200


def test_its_users_are_known_by_whole_numbers(observed: dict[str, Any]) -> None:
    assert observed["callers"] == [[200, 42], [401, None]]
