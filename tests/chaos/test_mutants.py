"""The campaign's oracle is awake; `make chaos-mutants` shows it for each guard that there is a mutant of."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.mutants import MUTANTS, copy, wage


@pytest.mark.parametrize("name", MUTANTS)
def test_every_guard_can_be_taken_out(name: str) -> None:
    with copy(MUTANTS[name]) as root:
        assert MUTANTS[name].after in (root / MUTANTS[name].path).read_text()


@pytest.mark.nightly
@pytest.mark.long
def test_a_unique_key_that_is_gone_is_noticed(tmp_path: Path) -> None:
    mutant = replace(MUTANTS["unique-key"], settling_seconds=10.0)
    campaign = wage(mutant, seed=4, folder=tmp_path)
    assert any("several" in violation for violation in campaign.ledger.violations), campaign.report
