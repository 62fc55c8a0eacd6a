"""How events are delivered: what can be tuned, in one place. The settings have the one that holds."""

from dataclasses import dataclass

from seamline.setting_errors import require_that
from seamline.work.leases import Backoff


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
            require_that(getattr(self, name) >= 1, "DELIVERY", self, f"{name} of 1 or more")
        for name in ("handler_timeout", "settle_margin", "time_slice", "first_backoff"):
            require_that(getattr(self, name) > 0, "DELIVERY", self, f"{name} above 0")
        require_that(self.begin_within > 0, "DELIVERY", self, "lease_seconds above handler_timeout + settle_margin")
        require_that(
            self.first_backoff <= min(self.max_backoff, self.max_backoff_unreachable),
            "DELIVERY",
            self,
            "first_backoff up to max_backoff and max_backoff_unreachable",
        )
        require_that(
            self.threads_per_subscriber <= self.max_threads,
            "DELIVERY",
            self,
            "threads_per_subscriber up to max_threads",
        )

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
