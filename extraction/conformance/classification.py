"""Classify a response by the contract: a value, a declared error, or neither."""

from typing import Any, NamedTuple

import msgspec

from extraction.conformance.endpoints import Response
from seamline.calls import wire
from seamline.calls.endpoint import UnknownOperation
from seamline.contract import ContractError, Operation, Unexpected

PROBLEM = "application/problem+json"


class Answered(NamedTuple):
    """A value of the type that the operation declares."""

    value: Any


class DeclaredError(NamedTuple):
    """An error that the operation may raise, with all that belongs to it."""

    error: ContractError


class Broken(NamedTuple):
    """What no caller can understand."""

    why: str


Outcome = Answered | DeclaredError | Broken


def classify(operation: Operation, response: Response) -> Outcome:
    """Classify a response to a proper call as its caller would."""
    if response.status == wire.OK:
        return _value(operation, response)
    problem = problem_in(response)
    if problem is None:
        return Broken(f"{describe(response)}, which is neither a value nor problem details")
    if problem.code == UnknownOperation.code:
        return Broken("is not served")
    declared = operation.errors.get(problem.code)
    if declared is None:
        return Broken(f"raises {problem.code}, which its contract does not declare")
    if declared is Unexpected:
        return Broken(f"fails, or raises what its contract does not declare ({problem.code})")
    if response.status != wire.STATUS[declared.category]:
        return Broken(f"raises {problem.code} with status {response.status}, not {wire.STATUS[declared.category]}")
    try:
        return DeclaredError(declared.from_payload(msgspec.convert(problem.data, declared.Payload)))
    except msgspec.MsgspecError as error:
        return Broken(f"raises {problem.code} with other fields than it has: {error}")


def problem_in(response: Response) -> wire.Problem | None:
    """Find the problem details in a response, where there are any."""
    if not response.content_type.startswith(PROBLEM):
        return None
    try:
        return msgspec.json.decode(response.body, type=wire.Problem)
    except msgspec.MsgspecError:
        return None


def describe(response: Response) -> str:
    """Describe a response in a few words."""
    if not response.status:
        return f"does not answer ({response.body.decode(errors='replace')})"
    problem = problem_in(response)
    return f"answers {response.status}{f' {problem.code}' if problem else ''}"


def _value(operation: Operation, response: Response) -> Outcome:
    if not response.content_type.startswith("application/json"):
        return Broken(f"answers with {response.content_type or 'no content type'}, not application/json")
    try:
        return Answered(msgspec.json.decode(response.body, type=operation.returns))
    except msgspec.MsgspecError as error:
        return Broken(f"answers with another type: {error}")
