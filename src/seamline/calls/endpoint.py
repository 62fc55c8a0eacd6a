"""The contract endpoint: `POST /_contracts/<module>/v<N>/<operation>`, answered before Django's middleware."""

import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import structlog
from django.core.signals import request_finished, request_started

from seamline import topology
from seamline.calls import client, server, service_tokens, wire
from seamline.calls.idempotency import KEY
from seamline.calls.wire import Response
from seamline.context import Context, new_id, request_id_of, traceparent_of
from seamline.contract import Category, ContractError, Unavailable
from seamline.module import extracted
from seamline.observability import metrics

PREFIX = "/_contracts/"
MAX_SECONDS = 60.0

log = structlog.get_logger("seam.calls")
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
_MILLISECONDS = re.compile(r"[0-9]{1,15}")
_WORD = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NAME = "[A-Za-z_][A-Za-z0-9_]{0,99}"
_OPERATION = re.compile(rf"{_NAME}(\.{_NAME})?/v[0-9]{{1,9}}/{_NAME}", re.ASCII)
"""What the path of an operation looks like. One that lives elsewhere may be newer than what is known of it here."""


class UnknownOperation(ContractError, category=Category.NOT_FOUND):
    """This deployable serves no such operation."""

    operation: str


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        self.status, self.reason = status, reason


class ContractEndpoint:
    """WSGI middleware: contract calls are answered here, everything else goes on to `application`.

    Only a service token for the called module opens it; a user's token never does.
    """

    def __init__(self, application: WsgiApp) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(PREFIX):
            return self.application(environ, start_response)
        started = time.monotonic()
        request_started.send(sender=self.__class__, environ=environ)
        try:
            path = environ["PATH_INFO"].removeprefix(PREFIX)
            answer = self._answer(environ, path)
        finally:
            request_finished.send(sender=self.__class__)
            metrics.flush()
        log.info(
            "contract_call",
            operation=path[:200],
            status=int(answer.status),
            ms=round((time.monotonic() - started) * 1000, 1),
            request_id=request_id_of(environ.get("HTTP_X_REQUEST_ID")),
        )
        kind = "application/problem+json" if answer.is_error else "application/json"
        headers = [("Content-Type", kind), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _answer(self, environ: Environ, path: str) -> Response:
        try:
            return _dispatch(environ, path)
        except _Refused as refused:
            problem = wire.Problem(
                "about:blank", refused.status.phrase, refused.status, "contracts.refused", refused.reason
            )
            return Response(refused.status, wire.encode(problem))
        except ContractError as error:
            return wire.error_response(error)


def _dispatch(environ: Environ, path: str) -> Response:
    module = path.partition("/")[0].partition(".")[0]
    if environ["REQUEST_METHOD"] != "POST":
        raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, "contract operations are called with POST")
    _authenticate(environ, module)
    if not _OPERATION.fullmatch(path):
        raise UnknownOperation(operation=path[:200])
    body = _body(environ)
    key, call_context = _circumstances(environ, module, f"call {path}")
    moved = topology.current().moved.get(module)
    if moved:
        return client.post(moved, module, path, body, key, call_context)
    served = server.find_operation(path)
    if served is None and module in extracted():
        log.warning("nobody_serves", module=module, request_id=call_context.request_id)
        raise Unavailable(module=module)
    if served is None:
        raise UnknownOperation(operation=path[:200])
    if served.operation.needs_key:
        key = key or new_id()
    return server.execute(served.operation, body, key, call_context)


def _authenticate(environ: Environ, module: str) -> None:
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    try:
        if scheme != "Bearer":
            raise service_tokens.BadToken("no bearer token")
        service_tokens.verify(token, module)
    except service_tokens.BadToken as error:
        log.warning("service_token_refused", module=module[:60], reason=str(error))
        raise _Refused(HTTPStatus.UNAUTHORIZED, "a service token for this module is needed") from None


def _body(environ: Environ) -> bytes:
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        length = int(environ.get("CONTENT_LENGTH") or "")
    except ValueError:
        raise _Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing") from None
    if not 0 <= length <= wire.MAX_BODY:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may be {wire.MAX_BODY} bytes long")
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) != length:
        raise _Refused(HTTPStatus.BAD_REQUEST, "the body is shorter than its Content-Length")
    return body


def _circumstances(environ: Environ, module: str, origin: str) -> tuple[str, Context]:
    deadline = environ.get("HTTP_X_DEADLINE_MS") or str(int(MAX_SECONDS * 1000))
    if not _MILLISECONDS.fullmatch(deadline):
        raise _Refused(HTTPStatus.BAD_REQUEST, "X-Deadline-Ms must be a whole number of milliseconds")
    key = environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not KEY.fullmatch(key):
        raise _Refused(HTTPStatus.BAD_REQUEST, "Idempotency-Key must be 1 to 100 letters, digits, or ._:-")
    return key or "", Context(
        request_id=request_id_of(environ.get("HTTP_X_REQUEST_ID")),
        traceparent=traceparent_of(environ.get("HTTP_TRACEPARENT")),
        deadline=time.monotonic() + min(int(deadline) / 1000, MAX_SECONDS),
        actor=_word(environ, "HTTP_X_ACTING_USER"),
        module=module,
        origin=origin,
    )


def _word(environ: Environ, header: str) -> str | None:
    value = environ.get(header, "")
    return value if _WORD.fullmatch(value) else None
