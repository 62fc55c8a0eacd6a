"""A budget for retries: where most calls fail, trying each of them again makes things worse."""

import threading


class RetryBudget:
    """Says whether a failed attempt at one peer may be repeated.

    A failure takes a token, an answer gives a tenth; with half of them gone nothing is repeated until more calls are
    answered (gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs").
    """

    def __init__(self, max_tokens: float, token_ratio: float) -> None:
        self._max_tokens, self._token_ratio = max_tokens, token_ratio
        self._tokens = max_tokens
        self._lock = threading.Lock()

    def record_success(self) -> None:
        """Give a share of a token back: a call was answered, whatever the answer."""
        if self._tokens < self._max_tokens:
            with self._lock:
                self._tokens = min(self._max_tokens, self._tokens + self._token_ratio)

    def record_failure(self) -> None:
        """Take a token: an attempt got no answer."""
        with self._lock:
            self._tokens = max(0.0, self._tokens - 1)

    def is_exhausted(self) -> bool:
        """Tell whether nothing may be repeated now."""
        return self._tokens <= self._max_tokens / 2
