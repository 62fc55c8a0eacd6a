"""One campaign: a world, customers, faults, and the verdict."""

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import faults, verdict
from tests.chaos.customers import TIMEOUT, Customer, stocked
from tests.chaos.faults import Fault
from tests.chaos.ledger import Ledger
from tests.chaos.proxy import LATEST
from tests.chaos.world import World, world
from tests.processes import REPOSITORY, Deployable, environment
from tests.waiting import PATIENCE

SETTLING_SECONDS = 10 * PATIENCE
"""After the last fault. What a killed process had claimed comes free after 20, and is done by another: how long
it took is in the report, and a judgement only where it never ends."""


@dataclass
class Campaign:
    """What to do, and what came of it. The same seed decides the same faults and the same customers."""

    topology: str
    seed: int
    folder: Path
    kills: int
    seconds: float = float("inf")
    """No fault begins after so long, however many kills there were."""
    customers: int = 5
    pace: float = 0.3
    """Seconds between a customer's orders, on average."""
    fault_pace: float = 0.3
    """Seconds between faults, on average."""
    timeout: float = TIMEOUT
    """Seconds after which a customer sends a request again."""
    settling_seconds: float = SETTLING_SECONDS
    faults: dict[Fault, int] = field(default_factory=dict)
    """What is done, by weight; what the topology is known for where it is empty."""
    root: Path = REPOSITORY
    """Where the deployable's code is, where it is one."""
    log: list[str] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    killed: int = 0
    settled: float = 0.0
    """Seconds from the last fault until every audit was clean."""
    judged: bool = False
    _started: float = 0.0

    def wage(self) -> "Campaign":
        """Do it all. What is wrong then stands in the ledger."""
        rng = random.Random(self.seed)
        with world(self.topology, self.folder, rng, self.root) as there:
            self._started = time.monotonic()
            skus = stocked(there.deployables[min(there.deployables, key=_front_first)].client, self.ledger)
            shoppers = [
                Customer(n, there.front.url, self.ledger, skus, random.Random(rng.random()), self.pace, self.timeout)
                for n in range(self.customers)
            ]
            try:
                for shopper in shoppers:
                    shopper.register()
                for shopper in shoppers:
                    shopper.start()
                self._strike(there, rng)
                self._settle(there, shoppers)
                self._audit(there)
                self.settled = time.monotonic() - self._over
                verdict.judge(shoppers, self.ledger)
            finally:
                # Whoever still insists would keep this process from ending.
                for shopper in shoppers:
                    shopper.stop(time.monotonic())
        self.judged = True
        self._note(
            f"{sum(len(shopper.ops) for shopper in shoppers)} orders, {self.ledger.sent} requests, "
            f"{self.ledger.lost} answers lost"
        )
        return self

    @property
    def report(self) -> str:
        """All that a person needs who wants to know what went wrong."""
        verdicts = [f"VIOLATION: {what}" for what in self.ledger.violations] or [
            "nothing is lost, doubled or oversold" if self.judged else "it broke off"
        ]
        settled = f"{self.killed} kills; settled {self.settled:.1f} s after the last fault"
        return "\n".join([*self.log, settled, *verdicts, f"logs: {self.folder}", self.reproduce])

    @property
    def reproduce(self) -> str:
        return f"seed {self.seed}: make chaos TOPOLOGY={self.topology} SEED={self.seed} KILLS={self.kills}"

    def _strike(self, there: World, rng: random.Random) -> None:
        over = time.monotonic() + self.seconds
        while self.killed < self.kills and time.monotonic() < over:
            fault = faults.choose(self.faults or faults.weights_of(self.topology), rng)
            what, kills = fault(there, rng)
            self.killed += kills
            self._note(what)
            time.sleep(rng.uniform(0, 2 * self.fault_pace))
        self._over = time.monotonic()

    def _settle(self, there: World, shoppers: list[Customer]) -> None:
        """Faults are over: whatever was begun is ended, and the provider answers what it still owes."""
        for proxy in there.proxies.values():
            proxy.disturb("", 0)
        there.postgres.until_ready()
        for shopper in shoppers:
            shopper.stop(self._over + self.settling_seconds)
        there.up(*there.deployables.values())
        for shopper in shoppers:
            shopper.join()
            shopper.me.until = float("inf")
        time.sleep(max(0.0, self._over + LATEST - time.monotonic()))
        self._note("the customers have come to an end")
        waiting = shoppers
        while waiting and time.monotonic() < self._over + self.settling_seconds:
            waiting = [shopper for shopper in waiting if shopper.is_waiting()]
            time.sleep(0.2)
        self._note("no order is pending any more")

    def _audit(self, there: World) -> None:
        wait = max(1.0, self._over + self.settling_seconds - time.monotonic())
        auditors = {name: _auditor(each, wait) for name, each in there.deployables.items()}
        for name, auditor in auditors.items():
            output, _ = auditor.communicate()
            if auditor.returncode != 0:
                self.ledger.wrong(f"audit of {name} ended with {auditor.returncode}: {_findings(output)}")
        self._note("audited")

    def _note(self, what: str) -> None:
        line = f"{time.monotonic() - self._started:7.2f} {what}"
        self.log.append(line)
        with (self.folder / "faults.log").open("a") as log:
            print(line, file=log)


def _auditor(deployable: Deployable, wait: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "manage.py", "audit", "--json", "--wait", str(wait)]
    settings = environment(**deployable.settings) | {"LOG_LEVEL": "ERROR"}
    return subprocess.Popen(
        command,
        cwd=deployable.root,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _findings(output: str) -> Any:
    try:
        report = json.loads(output[output.index("{") :])
    except ValueError:
        return output[-2000:]
    return {"findings": report["findings"], "unanswered": report["unanswered"]}


def _front_first(name: str) -> bool:
    return name not in ("gateway", "monolith")


def new_seed() -> int:
    return int.from_bytes(os.urandom(4), "big")
