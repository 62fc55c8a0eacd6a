"""The codec of contract calls. All arguments, answers and errors cross it, in-process too: both modes are by value."""

import uuid
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
import structlog

from contracts.language import Category, ContractError, InvalidArguments, Operation, Unexpected

log = structlog.get_logger("seam.calls")

MAX_BODY = 4 * 1024 * 1024
"""Bytes that a call's arguments may take, encoded."""

STATUS = {
    Category.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Category.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Category.CONFLICT: HTTPStatus.CONFLICT,
    Category.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Category.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Category.DECLINED: HTTPStatus.PAYMENT_REQUIRED,
    Category.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Category.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""HTTP status of each category of error (RFC 9110)."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error on the wire: problem details (RFC 9457), with the error's code and its fields."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Answer(NamedTuple):
    """What came of an operation, encoded: its result, or a problem."""

    status: int
    body: bytes

    @property
    def is_error(self) -> bool:
        return self.status != HTTPStatus.OK


encode = msgspec.json.Encoder().encode
_problem = msgspec.json.Decoder(Problem)


def encode_arguments(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """A call's arguments as bytes.

    Raises `TypeError` for too many or too few, as a plain call would, and `InvalidArguments` for what cannot be sent.
    """
    arguments = operation.arguments(*args, **kwargs)
    try:
        body = encode(arguments)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise InvalidArguments(reason=str(error)) from None
    if len(body) > MAX_BODY:
        raise InvalidArguments(reason=f"{len(body)} bytes are too many; {MAX_BODY} may be sent")
    return body


def decode_arguments(operation: Operation, body: bytes) -> Any:
    """The arguments in `body`, each of its declared type. Raises `InvalidArguments`."""
    try:
        return _arguments_decoder(operation).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidArguments(reason=str(error)) from None


def refusal(error: ContractError) -> Answer:
    """An error as it crosses the wire."""
    status = STATUS[error.category]
    problem = Problem(
        f"urn:problem:{error.code}", error.title, status, error.code, error.detail, msgspec.Raw(encode(error.payload))
    )
    return Answer(status, encode(problem))


def open_answer(operation: Operation, answer: Answer) -> Any:
    """The result in an answer; raises the error in it, as an instance of the class the contract declares."""
    try:
        if not answer.is_error:
            return _result_decoder(operation).decode(answer.body)
        problem = _problem.decode(answer.body)
        declared = operation.errors[problem.code]
        error = declared.from_payload(msgspec.json.decode(problem.data, type=declared.Payload))
    except (msgspec.MsgspecError, KeyError) as cause:
        incident = uuid.uuid4().hex
        log.error(
            "unreadable_answer", operation=operation.path, status=int(answer.status), incident=incident, exc_info=cause
        )
        raise Unexpected(operation=operation.path, incident=incident) from None
    raise error


@cache
def _arguments_decoder(operation: Operation) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(operation.arguments)


@cache
def _result_decoder(operation: Operation) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(operation.returns)
