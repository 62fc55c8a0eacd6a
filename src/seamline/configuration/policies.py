"""Policies: all that can be tuned of one mechanism, in one object that is checked when it is made.

The settings make each once. A few fields come from the environment; `/health` shows all of them.
"""

from dataclasses import dataclass

from seamline.setting_errors import invalid_setting


@dataclass(frozen=True)
class CallPolicy:
    """How this process calls other deployables. It holds for each peer: one module at one address.

    Raises `ImproperlyConfigured` for values that do not go together.
    """

    max_attempts: int = 3
    """Attempts at one call, the first one included."""
    initial_backoff: float = 0.02
    """Seconds: the most that is waited before the second attempt. It doubles with each attempt, and is drawn at random
    ("full jitter")."""
    max_backoff: float = 0.5
    """Seconds: the most that is waited before any attempt."""
    connect_timeout: float = 1.0
    """Seconds to wait for a connection."""
    max_idle_connections: int = 8
    """Connections that are kept open for the next calls; more may be open at a time."""
    max_concurrent_calls: int = 8
    """Contract calls that may be under way at a time: the size of the bulkhead."""
    acquire_timeout: float = 0.25
    """Seconds to wait for another call to end, where there are that many."""
    failure_threshold: int = 5
    """Calls that must fail one after the other before the circuit breaker opens, and the peer is left alone."""
    reset_timeout: float = 2.0
    """Seconds that it is left alone, before a call may see whether it is back."""
    min_deadline: float = 0.5
    """Seconds: that a call with less than this was not answered says nothing of its peer."""
    max_tokens: float = 10.0
    """Tokens of a full retry budget. A failed attempt takes one; with half of them gone nothing is repeated."""
    token_ratio: float = 0.1
    """Tokens for a call that was answered, so that about one in ten calls may be a retry."""

    def __post_init__(self) -> None:
        for name in ("max_attempts", "max_concurrent_calls", "failure_threshold"):
            self._require(name, getattr(self, name) >= 1, "1 or more")
        for name in ("connect_timeout", "reset_timeout", "max_tokens", "token_ratio"):
            self._require(name, getattr(self, name) > 0, "more than 0")
        for name in ("initial_backoff", "max_idle_connections", "acquire_timeout", "min_deadline"):
            self._require(name, getattr(self, name) >= 0, "0 or more")
        self._require("max_backoff", self.max_backoff >= self.initial_backoff, "no less than initial_backoff")
        self._require("token_ratio", self.token_ratio <= 1, "1 at most: a call that is answered pays for one repeat")
        # Else the budget would be exhausted by the first attempts of a single call.
        least = 2 * (self.max_attempts - 1)
        self._require("max_tokens", self.max_tokens > least, f"more than {least}, twice the repeats of one call")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise invalid_setting(f"{type(self).__name__}.{name}", getattr(self, name), expected)
