"""A budget for retries: where most calls fail, trying each of them again makes things worse."""

import threading

MAX_TOKENS = 10.0
"""Tokens of a target that is well."""
TOKEN_RATIO = 0.1
"""Tokens for a call that was answered, so that about one in ten calls may be a retry."""


class RetryBudget:
    """Says whether a failed attempt at one target may be repeated.

    A failure takes a token, an answer gives a tenth; with half of them gone nothing is repeated until more calls are
    answered (gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs").
    """

    def __init__(self) -> None:
        self._tokens = MAX_TOKENS
        self._lock = threading.Lock()

    def answered(self) -> None:
        """A call was answered, whatever the answer."""
        if self._tokens < MAX_TOKENS:
            with self._lock:
                self._tokens = min(MAX_TOKENS, self._tokens + TOKEN_RATIO)

    def failed(self) -> None:
        """An attempt got no answer."""
        with self._lock:
            self._tokens = max(0.0, self._tokens - 1)

    def is_exhausted(self) -> bool:
        """Whether nothing may be repeated now."""
        return self._tokens <= MAX_TOKENS / 2
