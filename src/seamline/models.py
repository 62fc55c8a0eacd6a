"""The tables that stand in every module's database and move with it, for Django to find; each is its owner's."""

from seamline.accounts.log_ins import LogIn
from seamline.calls.models import IdempotentCommand
from seamline.databases.models import Ownership
from seamline.events.models import InboxMessage, OutboxMessage, Subscription
from seamline.http.models import IdempotentRequest, ThrottleCount
from seamline.work.models import JobRecord, SagaRecord

__all__ = [
    "IdempotentCommand",
    "IdempotentRequest",
    "InboxMessage",
    "JobRecord",
    "LogIn",
    "OutboxMessage",
    "Ownership",
    "SagaRecord",
    "Subscription",
    "ThrottleCount",
]
