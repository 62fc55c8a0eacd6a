"""How sagas are worked on: what can be tuned, in one place. The settings have the one that holds."""

from dataclasses import dataclass

from seamline.setting_errors import require_that
from seamline.work.leases import Backoff


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
        require_that(self.step_timeout > 0, "SAGAS", self, "step_timeout above 0")
        require_that(self.settle_margin > 0, "SAGAS", self, "settle_margin above 0")
        require_that(self.batch_size >= 1, "SAGAS", self, "batch_size of 1 or more")
        require_that(
            0 < self.first_backoff <= self.max_backoff, "SAGAS", self, "first_backoff above 0, up to max_backoff"
        )

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
