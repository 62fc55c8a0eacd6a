"""A token that was verified is believed for what it was verified for, and verified no second time."""

import time
from typing import Any

import pytest

from seamline.calls import service_tokens
from seamline.calls.service_tokens import BadToken
from seamline.calls.token_cache import LEEWAY_SECONDS, verify_once


class Issuer:
    """Whose tokens are good for so many seconds; `asked` says how often one was verified."""

    def __init__(self, seconds: float) -> None:
        self.asked = 0
        self.seconds = seconds

    def verify(self, token: str, audience: str) -> dict[str, Any]:
        self.asked += 1
        return {"iss": f"{token} for {audience}", "exp": time.time() + self.seconds}

    def issuer_of(self, token: str, audience: str, keys: dict[str, str]) -> str:
        return verify_once(token, audience, keys, self.verify, lambda claims: str(claims["iss"]))


def test_a_token_is_verified_once_for_each_audience() -> None:
    issuer, keys = Issuer(60), {"one": "key"}
    for _ in range(3):
        assert issuer.issuer_of("once", "ink", keys) == "once for ink"
        assert issuer.issuer_of("once", "pens", keys) == "once for pens"
    assert issuer.asked == 2


def test_it_is_verified_again_when_it_has_expired_and_when_keys_are_replaced() -> None:
    keys = {"one": "key"}
    for expired in (Issuer(-LEEWAY_SECONDS), Issuer(60)):
        for _ in range(2):
            expired.issuer_of(f"again {expired.seconds}", "ink", keys)
        assert expired.asked == (2 if expired.seconds < 0 else 1)
    lasting = Issuer(60)
    lasting.issuer_of("replaced", "ink", keys)
    lasting.issuer_of("replaced", "ink", dict(keys))
    assert lasting.asked == 2


def test_a_service_token_for_one_module_opens_no_other() -> None:
    token = service_tokens.token_for("ink")
    assert service_tokens.verify(token, "ink")
    with pytest.raises(BadToken):
        service_tokens.verify(token, "pens")
