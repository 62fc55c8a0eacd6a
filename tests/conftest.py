"""What the whole-system tests share: a place for real processes, and their logs beside a failure."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests import departed
from tests.processes import Yard, yard
from tests.system.place import lay_out

_YARD = pytest.StashKey[Yard]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--base-url",
        help="run the acceptance tests against what is served there already, such as http://127.0.0.1:8000",
    )
    parser.addoption("--logs", type=Path, help="the folder with the logs of what --base-url is of")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: left to `make test-nightly`, where by day others show most of it")
    config.addinivalue_line("markers", "long: takes so long that, begun last, it would be waited for")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    source = departed.DEPARTED and departed.PROJECT.source(str(module_path.relative_to(departed.REPOSITORY)))
    return departed.Skipped.from_parent(parent, path=module_path) if source and departed.imported(source) else None


@pytest.hookimpl(tryfirst=True)  # before xdist puts the groups into the tests' ids
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that share what takes long to make run one after the other, in one process; long ones begin first."""
    if "nightly" not in config.option.markexpr and not any("::" in wanted for wanted in config.args):
        nightly = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if item not in nightly]
    for item in items:
        if isinstance(item, pytest.Function) and not item.get_closest_marker("xdist_group"):
            fixtures = (found[-1] for found in item._fixtureinfo.name2fixturedefs.values())
            if "base_url" in item.fixturenames:
                item.add_marker(pytest.mark.xdist_group("base_url"))
            elif any(fixture.scope == "module" for fixture in fixtures):
                item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(item.config.rootpath))))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_runtest_setup() -> None:
    departed.begin()


@pytest.fixture(scope="session")
def the_yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Where deployables are made, with a PostgreSQL server of its own."""
    with yard(tmp_path_factory.mktemp("yard")) as made:
        request.config.stash[_YARD] = made
        yield made


@pytest.fixture(scope="session")
def the_system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small system is laid out as a deployable."""
    return lay_out(tmp_path_factory.mktemp("system"))


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the shop is served: at `--base-url`, or else by a monolith that runs for these tests."""
    if given := request.config.getoption("--base-url"):
        yield given.rstrip("/")
    else:
        with request.getfixturevalue("the_yard").deployable("acceptance") as monolith:
            yield monolith.start().url
            monolith.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    made = item.config.stash.get(_YARD, None)
    if report.failed and call.excinfo and (reason := departed.needed(call.excinfo.value, _logs(item, made))):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: {reason}")
    if report.failed and made:
        for deployable in made.deployables:
            if deployable.process:
                report.sections.append((f"log of {deployable}", deployable.said()))
    return report


def _logs(item: pytest.Item, made: Yard | None) -> list[Path]:
    """The logs of all deployables that a test may have asked for something."""
    own = [deployable.log for deployable in made.deployables] if made else []
    folders = (item.config.getoption("--logs"), getattr(item, "funcargs", {}).get("tmp_path"))
    return [
        log for log in (*own, *(log for folder in folders if folder for log in folder.rglob("*.log"))) if log.exists()
    ]
