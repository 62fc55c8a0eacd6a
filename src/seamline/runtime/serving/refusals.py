"""Answers to what is not even a request, or does not become one."""

from http import HTTPStatus

from gunicorn.http import errors

from seamline.calls import wire

_STATUS = {
    (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName): HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ParseException: HTTPStatus.BAD_REQUEST,
}


def status_of(error: BaseException) -> HTTPStatus:
    """Translate an exception of gunicorn's for the client."""
    found = (status for kind, status in _STATUS.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(status: HTTPStatus) -> bytes:
    """Encode the whole response, after which the connection ends."""
    content = body(status)
    head = (
        f"HTTP/1.1 {status} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(content)}\r\n"
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        head += "Retry-After: 1\r\n"
    return f"{head}\r\n".encode() + content


def body(status: HTTPStatus, detail: str = "") -> bytes:
    """Encode the problem details of a response."""
    detail = detail or status.description or status.phrase
    return wire.encode(wire.Problem("about:blank", status.phrase, status, "request.refused", detail))
