"""What the tests of extraction share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from extraction.processes.interruption import ENDINGS
from tests.extraction.miniature import Monolith
from tests.extraction.repository_copy import RepositoryCopy
from tests.processes import Yard

GADGETS = Path(__file__).with_name("gadgets")
collect_ignore = [GADGETS.name]


@pytest.fixture(scope="session")
def repository_copy(the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> RepositoryCopy:
    """A copy of this repository, to which two modules were added.

    `reviews` is as `startmodule` writes it, and `gadgets` uses all that a module may have.
    """
    made = RepositoryCopy(tmp_path_factory.mktemp("repository_copy"), the_yard.database_url)
    made.keep()
    made.started = made.startmodule("reviews")
    made.add(GADGETS)
    made.lock("gadgets")
    assert made.extraction("compat", "--update").exit_code == 0
    return made


@pytest.hookimpl(tryfirst=True)  # before xdist puts the groups into the tests' ids
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in the copy run one after the other, in one process: it is made once."""
    for item in items:
        if isinstance(item, pytest.Function) and "repository_copy" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("repository_copy"))


@pytest.fixture(autouse=True)
def signals_that_are_heard() -> Iterator[None]:
    """Processes inherit what is ignored, and that is changed by a command that runs in this process, or by `nohup`."""
    unchanged = {signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, unchanged.get(number, signal.SIG_DFL)) for number in ENDINGS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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
