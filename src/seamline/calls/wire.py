"""The codec of contract calls. All arguments, results and errors cross it, in-process too: both modes are by value."""

import uuid
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
import structlog

from seamline import context
from seamline.contract import Category, ContractError, InvalidArguments, Operation, Unexpected, reword

log = structlog.get_logger("seamline.calls")

MAX_ARGUMENTS_BYTES = 4 * 1024 * 1024
"""Of a call's arguments, encoded."""
MAX_RESULT_BYTES = 16 * 1024 * 1024
"""Of a call's result, encoded."""

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


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one part of the input."""

    path: str
    """Where, as a JSONPath: `$.lines[0].quantity`."""
    message: str


class Problem(msgspec.Struct, frozen=True):
    """An error: `code` is stable and for programs, `detail` is for people."""

    # Problem details (RFC 9457), of contract calls and of the HTTP API alike. Every peer has the first five members.
    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str = "-"
    data: dict[str, Any] = {}
    """The error's own fields: which product is out of stock, say."""
    errors: tuple[FieldError, ...] = ()


class Response(msgspec.Struct, frozen=True, gc=False):
    """What an operation responds, encoded: its result, or a problem."""

    status: int
    body: bytes

    @property
    def is_error(self) -> bool:
        """Tell whether the body is a problem."""
        return self.status != OK


OK = int(HTTPStatus.OK)
encode = msgspec.json.Encoder().encode
decode_problem = msgspec.json.Decoder(Problem).decode


class Codec:
    """How the arguments, the results and the errors of one operation cross."""

    __slots__ = ("_arguments", "_decode_arguments", "_decode_result", "_operation")

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._arguments = operation.arguments
        self._decode_arguments = msgspec.json.Decoder(operation.arguments).decode
        self._decode_result = msgspec.json.Decoder(operation.returns).decode

    def encode_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        """Encode a call's arguments.

        Raises `TypeError` for too many or too few, as a plain call would, and `InvalidArguments` for what cannot be
        sent.
        """
        arguments = self._arguments(*args, **kwargs)
        try:
            body = encode(arguments)
        except (msgspec.MsgspecError, TypeError, UnicodeEncodeError) as error:
            raise InvalidArguments(reason=str(error)) from None
        if len(body) > MAX_ARGUMENTS_BYTES:
            raise InvalidArguments(reason=f"{len(body)} bytes are too many; {MAX_ARGUMENTS_BYTES} may be sent")
        return body

    def decode_arguments(self, body: bytes) -> Any:
        """Decode the arguments in `body`, each as its declared type. Raises `InvalidArguments`."""
        try:
            return self._decode_arguments(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidArguments(reason=reword(str(error))) from None

    def decode_response(self, response: Response) -> Any:
        """Return the result in a response, or raise the error in it: an instance of the class the contract declares."""
        try:
            if response.status == OK:
                return self._decode_result(response.body)
            problem = decode_problem(response.body)
            declared = self._operation.errors[problem.code]
            error = declared.from_payload(msgspec.convert(problem.data, declared.Payload))
        except (msgspec.MsgspecError, KeyError) as cause:
            raise unreadable_response(self._operation.path, status=response.status, exc_info=cause) from None
        raise error


codec = cache(Codec)
"""The codec of an operation."""


def encode_result(result: Any) -> bytes:
    """Encode what an operation returns. Raises `ResultTooLarge`, wherever it is called from."""
    body = encode(result)
    if len(body) > MAX_RESULT_BYTES:
        raise ResultTooLarge(f"{len(body)} bytes are too many; {MAX_RESULT_BYTES} may be returned")
    return body


class ResultTooLarge(ValueError):
    """An operation returned more than may cross."""


def unreadable_response(path: str, **details: Any) -> Unexpected:
    """Log a response of which nothing can be made, and return what its caller is told."""
    incident = uuid.uuid4().hex
    log.error("unreadable_response", operation=path, incident=incident, **details)
    return Unexpected(operation=path, incident=incident)


def problem_of(error: ContractError, detail: str) -> Problem:
    """Describe an error of a contract, with the id of the request under way."""
    return Problem(
        type=f"urn:problem:{error.code}",
        title=error.title,
        status=STATUS[error.category],
        code=error.code,
        detail=detail,
        request_id=context.current().request_id,
        data=msgspec.to_builtins(error.payload),
    )


def error_response(error: ContractError) -> Response:
    """Encode an error as it crosses the wire."""
    problem = problem_of(error, error.detail)
    return Response(problem.status, encode(problem))
