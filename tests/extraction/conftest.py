"""What the tests of extraction share."""

import os
from pathlib import Path

import pytest

from tests.extraction.miniature import Monolith


@pytest.fixture
def monolith(tmp_path: Path) -> Monolith:
    """A miniature to doctor, in a folder of its own."""
    (tmp_path / "monolith").mkdir()
    return Monolith(tmp_path / "monolith")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that folds nothing, and no module moved out in the environment."""
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in os.environ if name.endswith("_URL")]:
        monkeypatch.delenv(name)
