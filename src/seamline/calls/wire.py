"""The codec of contract calls. All arguments, answers and errors cross it, in-process too: both modes are by value."""

import uuid
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
import structlog

from seamline.contract import Category, ContractError, InvalidArguments, Operation, Unexpected

log = structlog.get_logger("seam.calls")

MAX_BODY = 4 * 1024 * 1024
"""Bytes that a call's arguments may take, encoded."""
MAX_ANSWER = 16 * 1024 * 1024
"""Bytes that a call's result may take, encoded."""

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


class Response(msgspec.Struct, frozen=True, gc=False):
    """What came of an operation, encoded: its result, or a problem."""

    status: int
    body: bytes

    @property
    def is_error(self) -> bool:
        return self.status != OK


OK = int(HTTPStatus.OK)
encode = msgspec.json.Encoder().encode
_problem = msgspec.json.Decoder(Problem)


class Codec:
    """How the arguments, the results and the errors of one operation cross."""

    __slots__ = ("_arguments", "_decode_arguments", "_decode_result", "_operation")

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._arguments = operation.arguments
        self._decode_arguments = msgspec.json.Decoder(operation.arguments).decode
        self._decode_result = msgspec.json.Decoder(operation.returns).decode

    def encode_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        """A call's arguments as bytes.

        Raises `TypeError` for too many or too few, as a plain call would, and `InvalidArguments` for what cannot be
        sent.
        """
        arguments = self._arguments(*args, **kwargs)
        try:
            body = encode(arguments)
        except (msgspec.MsgspecError, TypeError, UnicodeEncodeError) as error:
            raise InvalidArguments(reason=str(error)) from None
        if len(body) > MAX_BODY:
            raise InvalidArguments(reason=f"{len(body)} bytes are too many; {MAX_BODY} may be sent")
        return body

    def decode_arguments(self, body: bytes) -> Any:
        """The arguments in `body`, each of its declared type. Raises `InvalidArguments`."""
        try:
            return self._decode_arguments(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidArguments(reason=str(error)) from None

    def open(self, answer: Response) -> Any:
        """The result in an answer; raises the error in it, as an instance of the class the contract declares."""
        try:
            if answer.status == OK:
                return self._decode_result(answer.body)
            problem = _problem.decode(answer.body)
            declared = self._operation.errors[problem.code]
            error = declared.from_payload(msgspec.json.decode(problem.data, type=declared.Payload))
        except (msgspec.MsgspecError, KeyError) as cause:
            raise unreadable(self._operation.path, status=answer.status, exc_info=cause) from None
        raise error


codec = cache(Codec)
"""The codec of an operation."""


def encode_result(result: Any) -> bytes:
    """What an operation answers, as bytes. Raises `ResultTooLarge`, wherever it is called from."""
    body = encode(result)
    if len(body) > MAX_ANSWER:
        raise ResultTooLarge(f"{len(body)} bytes are too many; {MAX_ANSWER} may be answered")
    return body


class ResultTooLarge(ValueError):
    """An operation answered with more than may cross."""


def unreadable(path: str, **details: Any) -> Unexpected:
    """Log an answer of which nothing can be made, and return what its caller is told."""
    incident = uuid.uuid4().hex
    log.error("unreadable_answer", operation=path, incident=incident, **details)
    return Unexpected(operation=path, incident=incident)


def error_response(error: ContractError) -> Response:
    """An error as it crosses the wire."""
    status = STATUS[error.category]
    problem = Problem(
        f"urn:problem:{error.code}", error.title, status, error.code, error.detail, msgspec.Raw(encode(error.payload))
    )
    return Response(status, encode(problem))
