"""A small campaign of each kind; `make chaos` wages the large ones."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign


@pytest.mark.timeout(240)
@pytest.mark.parametrize("topology", ["monolith", "extracted"])
def test_kills_at_random_moments_lose_nothing(topology: str, tmp_path: Path) -> None:
    campaign = Campaign(topology, seed=4, folder=tmp_path, kills=6, seconds=10, customers=3).wage()
    assert not campaign.ledger.violations, campaign.report
    assert campaign.killed and any(campaign.ledger.stock), campaign.report
