"""Policies: all that can be tuned of one mechanism, in one object that is checked when it is made.

The settings make each once. A few fields come from the environment; `/health` shows all of them.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

from seamline.setting_errors import require_that


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts: exponential, with jitter, so that those who failed together do not come back together.

    As in Brooker, "Exponential Backoff and Jitter" (the "equal jitter" of it).
    """

    first_seconds: float
    max_seconds: float

    def pause(self, attempts: int) -> timedelta:
        """Choose how long to wait after so many attempts."""
        longest = min(self.max_seconds, self.first_seconds * 2 ** min(attempts - 1, 20))
        return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311  # nosec B311


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
            require_that(getattr(self, name) >= 1, self, name, "1 or more")
        for name in ("connect_timeout", "reset_timeout", "max_tokens", "token_ratio"):
            require_that(getattr(self, name) > 0, self, name, "more than 0")
        for name in ("initial_backoff", "max_idle_connections", "acquire_timeout", "min_deadline"):
            require_that(getattr(self, name) >= 0, self, name, "0 or more")
        require_that(self.max_backoff >= self.initial_backoff, self, "max_backoff", "no less than initial_backoff")
        require_that(
            self.token_ratio <= 1, self, "token_ratio", "1 at most: a call that is answered pays for one repeat"
        )
        # Else the budget would be exhausted by the first attempts of a single call.
        least = 2 * (self.max_attempts - 1)
        require_that(self.max_tokens > least, self, "max_tokens", f"more than {least}, twice the repeats of one call")


@dataclass(frozen=True, kw_only=True)
class DeliveryPolicy:
    """Raises `ImproperlyConfigured` for values that do not go together."""

    batch_size: int = 50
    """Events of one subscriber that are leased at a time."""
    handler_timeout: float = 10.0
    """Seconds that handling a batch may take. Work that takes longer is a job's, or a saga's."""
    settle_margin: float = 4.0
    """Seconds of a lease that are left for asking whether a subscriber answers, and for noting what came of it."""
    lease_seconds: float = 20.0
    """Seconds after which a lease lapses; longer than a delivery may take."""
    time_slice: float = 5.0
    """Seconds of deliveries to one subscriber, after which others have their turn."""
    max_failures: int = 12
    """Deliveries that may fail before an event is a dead letter."""
    first_backoff: float = 0.2
    """Longest pause, in seconds, after a first delivery that failed."""
    max_backoff: float = 60.0
    """Longest pause after any."""
    max_backoff_unreachable: float = 5.0
    """Longest pause while a subscriber cannot be reached: that never makes an event a dead letter."""
    threads_per_subscriber: int = 2
    """Threads of a process that deliver to one subscriber at a time."""
    max_threads: int = 32
    """Threads of a process that deliver at all."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "max_failures", "threads_per_subscriber", "max_threads"):
            require_that(getattr(self, name) >= 1, self, name, "1 or more")
        for name in ("handler_timeout", "settle_margin", "time_slice", "first_backoff"):
            require_that(getattr(self, name) > 0, self, name, "more than 0")
        busy = f"more than {self.handler_timeout + self.settle_margin:g}, handler_timeout and settle_margin together"
        require_that(self.begin_within > 0, self, "lease_seconds", busy)
        longest = min(self.max_backoff, self.max_backoff_unreachable)
        shorter = f"{longest:g} at most, as max_backoff and max_backoff_unreachable are"
        require_that(self.first_backoff <= longest, self, "first_backoff", shorter)
        fewer = f"{self.max_threads} at most, as max_threads is"
        require_that(self.threads_per_subscriber <= self.max_threads, self, "threads_per_subscriber", fewer)

    @property
    def begin_within(self) -> float:
        """Seconds of a lease in which a delivery may begin, to have ended when it lapses."""
        return self.lease_seconds - self.handler_timeout - self.settle_margin

    @property
    def backoff(self) -> Backoff:
        """Pauses of an event that its subscriber could not handle."""
        return Backoff(self.first_backoff, self.max_backoff)

    @property
    def backoff_unreachable(self) -> Backoff:
        """Pauses of a subscriber that could not be reached."""
        return Backoff(self.first_backoff, self.max_backoff_unreachable)


def delivery_policy() -> DeliveryPolicy:
    """Read the policy that holds: the settings' `DELIVERY`."""
    from django.conf import settings

    return settings.DELIVERY


@dataclass(frozen=True, kw_only=True)
class SagaPolicy:
    """Raises `ImproperlyConfigured` for values that do not go together."""

    step_timeout: float = 10.0
    """Seconds that a step may take, or its compensation, unless it says otherwise."""
    settle_margin: float = 2.5
    """Seconds of a lease that are left when a step has taken all its time, for noting what came of it."""
    batch_size: int = 100
    """Sagas that are resumed at a time."""
    first_backoff: float = 1.0
    """Longest pause, in seconds, after a first attempt that did not end it."""
    max_backoff: float = 10.0
    """Longest pause after any."""

    def __post_init__(self) -> None:
        for name in ("step_timeout", "settle_margin", "first_backoff"):
            require_that(getattr(self, name) > 0, self, name, "more than 0")
        require_that(self.batch_size >= 1, self, "batch_size", "1 or more")
        shorter = f"{self.max_backoff:g} at most, as max_backoff is"
        require_that(self.first_backoff <= self.max_backoff, self, "first_backoff", shorter)

    @property
    def backoff(self) -> Backoff:
        """Pauses of a saga that waits, or cannot be compensated yet."""
        return Backoff(self.first_backoff, self.max_backoff)

    def lease_seconds(self, longest_step: float) -> float:
        """Work out how long the process that works on a saga may hold it, from one step to the next."""
        return longest_step + 2 * self.settle_margin


def saga_policy() -> SagaPolicy:
    """Read the policy that holds: the settings' `SAGAS`."""
    from django.conf import settings

    return settings.SAGAS
