"""`make chaos`: the full campaign. Exits with 1 when anything is lost, doubled or oversold, and keeps the logs."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.campaign import Campaign, new_seed
from tests.chaos.world import BROKERS, TOPOLOGIES
from tests.tools import find_tool


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--topology", choices=TOPOLOGIES, help="only this one; each in turn where none is named")
    parser.add_argument("--seed", type=int, help="decides what is done when; a new one unless given")
    parser.add_argument("--kills", type=int, default=201, help="in all (201)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="during which faults may begin, in all")
    options = parser.parse_args()
    topologies = [options.topology] if options.topology else [each for each in TOPOLOGIES if is_here(each)]
    seed = new_seed() if options.seed is None else options.seed
    share = len(topologies)
    campaigns = [wage(each, seed, -(-options.kills // share), options.seconds / share) for each in topologies]
    print(f"{sum(each.killed for each in campaigns)} kills in all")
    return int(any(each.ledger.violations for each in campaigns))


def is_here(topology: str) -> bool:
    """Whether there is what the topology consists of."""
    return topology not in BROKERS or find_tool(f"{topology}-server") is not None


def wage(topology: str, seed: int, kills: int, seconds: float) -> Campaign:
    """One campaign, told of as it ends."""
    print(f"{topology}: {kills} kills, seed {seed} …", flush=True)
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{topology}-"))
    campaign = Campaign(topology, seed, folder, kills, seconds)
    try:
        campaign.wage()
    except BaseException:
        print(campaign.report)
        raise
    print(campaign.report, flush=True)
    if not campaign.ledger.violations:
        shutil.rmtree(folder)
    return campaign


if __name__ == "__main__":
    sys.exit(main())
