"""A campaign as small as can be, to see that there is one; `make chaos` wages those that find something."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign


@pytest.mark.long
def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    campaign = Campaign("monolith", seed=4, folder=tmp_path, kills=4, customers=3).wage()
    assert not campaign.ledger.violations, campaign.report
    assert campaign.killed and any(campaign.ledger.stock), campaign.report
