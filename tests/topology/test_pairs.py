"""The shop is the same shop when one of its modules lives elsewhere."""

import pytest

from tests.departed import DEPARTED
from tests.topology.matrix import suite
from tests.topology.pairs import Pair, calls_answered, requests_answered, rows_of


@pytest.mark.nightly  # by day all are apart at once, in test_all_apart.py
def test_the_acceptance_suite_passes_and_the_service_does_the_work(pair: Pair) -> None:
    done = suite(pair.monolith)
    assert done.returncode == 0, done.stdout

    assert requests_answered(pair.service) > 0
    assert calls_answered(pair.service) > 0
    assert rows_of(pair.service, pair.module)
    assert not rows_of(pair.monolith, pair.module)


def test_each_says_who_lives_where(pair: Pair) -> None:
    at_home = {name: module["here"] for name, module in pair.monolith.health()["modules"].items()}
    away = {name: module["here"] for name, module in pair.service.health()["modules"].items()}
    assert {name for name, here in at_home.items() if not here} == {pair.module, *DEPARTED}
    assert away == {pair.module: True}


def test_the_documentation_stays_whole(pair: Pair) -> None:
    schema = pair.monolith.client.page("/api/schema?format=json").expect(200)
    tags = {tag for item in schema["paths"].values() for operation in item.values() for tag in operation["tags"]}
    assert tags >= set(pair.monolith.health()["modules"])


def test_the_service_documents_itself(pair: Pair) -> None:
    schema = pair.service.client.page("/api/schema?format=json").expect(200)
    paths = [path for path in schema["paths"] if path.startswith("/api/v1/")]
    assert paths
    assert set(paths) < set(pair.monolith.client.page("/api/schema?format=json").expect(200)["paths"])
