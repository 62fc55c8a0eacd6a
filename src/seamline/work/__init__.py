"""Durable work: flows over several modules, and periodic jobs. What was begun survives the process that began it.

The documentation has the scheduler: "How an event travels".
"""

from seamline.work.sagas import Failure, Outcome, Saga, Step
from seamline.work.states import SagaState

__all__ = ["Failure", "Outcome", "Saga", "SagaState", "Step"]
