import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import urllib3

SOURCES = os.pathsep.join([str(Path(__file__).parents[3]), str(Path(__file__).parents[4])])


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Callable[[], AbstractContextManager[object]]:
    """A block after which its provider is asked, as after a commit: a test's own transaction never commits."""
    return partial(django_capture_on_commit_callbacks, using="payments", execute=True)


class Double:
    """A process that answers as Stripe does, and the settings by which payments use it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def fail(self, action: str, how: str) -> None:
        """Have the next request of a kind be `refused` (no effect), `lost` (an effect, no answer) or `endless`."""
        body = json.dumps({"action": action, "how": how})
        assert urllib3.request("POST", f"{self.url}/_double/fault", body=body).status == 200

    def forget_keys(self) -> None:
        """Know no idempotency key any more, as Stripe after a day."""
        self.fail("forget", "")

    def has(self) -> dict[str, Any]:
        """All that it was asked, and has."""
        return dict(urllib3.request("GET", f"{self.url}/_double/log").json())

    def intent_of(self, payment_id: UUID) -> dict[str, Any]:
        [found] = [each for each in self.has()["intents"].values() if each["metadata"]["payment_id"] == str(payment_id)]
        return dict(found)


@pytest.fixture(scope="session")
def double_process() -> Iterator[Double]:
    command = [sys.executable, "-m", "modules.payments.tests.stripe_double"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SOURCES}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Double(int(process.stdout.readline()))
        finally:
            process.terminate()


@pytest.fixture
def double(double_process: Double, settings: Any) -> Double:
    ours = {
        "PROVIDERS": "stripe",
        "STRIPE_API_KEY": "sk_test_double",
        "STRIPE_WEBHOOK_SECRET": "whsec_double",
        "STRIPE_BASE_URL": double_process.url,
    }
    settings.MODULE_SETTINGS = {"payments": {**settings.MODULE_SETTINGS["payments"], **ours}}
    return double_process
