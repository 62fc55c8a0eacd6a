"""What can be tuned of calls is checked where it is written down, and holds for every peer met from then on."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from seamline.calls import call, peers
from seamline.configuration.policies import CallPolicy
from seamline.contract import Unavailable
from tests.contracts.probe import Probe
from tests.contracts.test_resilience import hang_up, served_by, tune_calls


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"max_attempts": 0}, "CallPolicy.max_attempts is 0: it has to be 1 or more"),
        ({"connect_timeout": 0.0}, "CallPolicy.connect_timeout is 0.0: it has to be more than 0"),
        ({"acquire_timeout": -1.0}, "CallPolicy.acquire_timeout is -1.0: it has to be 0 or more"),
        ({"max_backoff": 0.01}, "CallPolicy.max_backoff is 0.01: it has to be no less than initial_backoff"),
        ({"token_ratio": 1.5}, "CallPolicy.token_ratio is 1.5: it has to be 1 at most"),
        ({"max_attempts": 6}, "CallPolicy.max_tokens is 10.0: it has to be more than 10, twice the repeats"),
    ],
)
def test_values_that_do_not_go_together_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        CallPolicy(**changes)
    assert str(refused.value).startswith(says)


def test_a_call_is_tried_as_often_as_the_policy_says(monkeypatch: pytest.MonkeyPatch) -> None:
    tune_calls(monkeypatch, max_attempts=2)
    with served_by(hang_up) as came, pytest.raises(Unavailable):
        call(Probe).text("hello")
    assert len(came) == 2


def test_a_peer_is_one_module_at_one_address() -> None:
    ink = peers.find("http://there:8000", "ink")
    assert peers.find("http://there:8000", "ink") is ink
    assert peers.find("http://there:8000", "pens") is not ink
    assert peers.find("http://ink:8000", "ink") is not ink
