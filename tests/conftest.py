"""What the whole-system tests share: a place for real processes, and their logs beside a failure."""

from collections.abc import Generator, Iterator

import pytest

from tests.processes import Yard, yard

_YARD = pytest.StashKey[Yard]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--base-url",
        help="run the acceptance tests against what is served there already, such as http://127.0.0.1:8000",
    )


@pytest.fixture(scope="session")
def the_yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Where deployables are made, with a PostgreSQL server of its own."""
    with yard(tmp_path_factory.mktemp("yard")) as made:
        request.config.stash[_YARD] = made
        yield made


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
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    made = item.config.stash.get(_YARD, None)
    if report.failed and made:
        for deployable in made.deployables:
            if deployable.process:
                report.sections.append((f"log of {deployable}", deployable.said()))
    return report
