"""The registry of peers: all that this process knows of the modules it reaches in other deployables.

Contract calls and the gateway share it, so that what one of them learns of a peer the other one knows.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pybreaker
import structlog
from django.conf import settings
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

from seamline import discovery
from seamline.calls.bulkhead import Bulkhead
from seamline.calls.retry_budget import RetryBudget
from seamline.configuration.policies import CallPolicy
from seamline.observability import metrics

log = structlog.get_logger("seamline.calls")


class NoResponse(Exception):
    """The peer could not be reached, or broke off; the call may be tried again."""


class Peer:
    """One module at one place: the connections to it, and what limits the calls that use them."""

    def __init__(self, url: str, module: str, policy: CallPolicy) -> None:
        self.module = module
        self.policy = policy
        self.connections = discovery.connections(url, policy)
        self.bulkhead = Bulkhead(module, policy.max_concurrent_calls, policy.acquire_timeout)
        """For contract calls. What the gateway passes on holds threads, of which the server gives a module a share."""
        self.retry_budget = RetryBudget(policy.max_tokens, policy.token_ratio)
        self.retrying = Retrying(
            stop=lambda attempt: attempt.attempt_number >= policy.max_attempts or self.retry_budget.is_exhausted(),
            wait=wait_random_exponential(multiplier=policy.initial_backoff, max=policy.max_backoff),
            retry=retry_if_exception_type(NoResponse),
            after=lambda _: self._record_failure(),
            before_sleep=lambda _: metrics.call_retries.labels(module).inc(),
            reraise=True,
        )
        """Repeats what raises `NoResponse`, with jitter, while the policy and the budget allow it."""
        # Nygard, "Release It!", chapter "Stability Patterns". Every exception counts as a failure.
        self.breaker = pybreaker.CircuitBreaker(
            fail_max=policy.failure_threshold,
            reset_timeout=policy.reset_timeout,
            throw_new_error_on_trip=False,
            listeners=[_Watcher(module)],
        )

    def _record_failure(self) -> None:
        # A repeat that goes to another instance is none that a service in distress would get.
        if not self.connections.can_fail_over():
            self.retry_budget.record_failure()

    def watch(self, remaining: float) -> AbstractContextManager[object]:
        """Watch, with the circuit breaker, a block that may take so many seconds.

        Raises `pybreaker.CircuitBreakerError` while it is open. That a hurried block fails says nothing of the peer.
        """
        if remaining < self.policy.min_deadline and self.breaker.current_state == pybreaker.STATE_CLOSED:
            return nullcontext()
        # Not `call`, which holds the breaker's lock until the answer is there.
        return self.breaker.calling()


class _Watcher(pybreaker.CircuitBreakerListener):
    """Tells, in log and metrics, that calls to a module are stopped, and that they go on."""

    def __init__(self, module: str) -> None:
        self._module = module

    def state_change(self, cb: pybreaker.CircuitBreaker, old_state: Any, new_state: Any) -> None:
        was_closed, is_closed = (state.name == pybreaker.STATE_CLOSED for state in (old_state, new_state))
        if was_closed and not is_closed:
            metrics.breaker_opened.labels(self._module).inc()
            metrics.breaker_open.labels(self._module).inc()
            log.warning("breaker_opened", module=self._module)
        elif is_closed and not was_closed:
            metrics.breaker_open.labels(self._module).dec()
            log.info("breaker_closed", module=self._module)


def find(url: str, module: str) -> Peer:
    """Return what is known of a module at an address; of a new one, nothing yet."""
    # `setdefault`, so that the first calls of all, at the same time, share what they learn.
    place = (url, module)
    return _peers.get(place) or _peers.setdefault(place, Peer(url, module, settings.CALLS))


_peers: dict[tuple[str, str], Peer] = {}
