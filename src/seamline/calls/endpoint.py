"""The contract endpoint: `POST /_contracts/<module>/v<N>/<operation>`, answered before Django's middleware."""

import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.signals import request_finished, request_started

from seamline import topology, versions
from seamline.calls import authorization, client, server, service_tokens, wire
from seamline.calls.client import UNMET, Request
from seamline.calls.idempotency import KEY
from seamline.calls.service_tokens import Caller
from seamline.calls.wire import Response
from seamline.context import Context, current, entered, new_id, request_id_of, traceparent_of
from seamline.contract import Category, ContractError, Unavailable
from seamline.databases import ownership
from seamline.module import extracted
from seamline.observability import metrics, tracing

PREFIX = "/_contracts/"
MAX_CALL_SECONDS = 60.0
"""The most that a caller may wait, whatever it says."""

log = structlog.get_logger("seamline.calls")
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
_MILLISECONDS = re.compile(r"[0-9]{1,15}")
_ACTOR = re.compile(r"[A-Za-z0-9._-]{1,100}")
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]{0,99}"
_OPERATION_PATH = re.compile(rf"{_IDENTIFIER}(\.{_IDENTIFIER})?/v[0-9]{{1,9}}/{_IDENTIFIER}", re.ASCII)
"""One that lives elsewhere may be newer than what is known of it here."""


class UnknownOperation(ContractError, category=Category.NOT_FOUND):
    """This deployable serves no such operation."""

    operation: str


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, reason: str, code: str = "contracts.refused") -> None:
        self.status, self.reason, self.code = status, reason, code


class ContractEndpoint:
    """WSGI middleware: contract calls are answered here, everything else goes on to `application`.

    Only a service token for the called module opens it; a user's token never does.
    """

    def __init__(self, application: WsgiApp) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(PREFIX) or not _is_open_at(environ.get("SERVER_PORT", "")):
            return self.application(environ, start_response)
        started, request_id = time.monotonic(), request_id_of(environ.get("HTTP_X_REQUEST_ID"))
        request_started.send(sender=self.__class__, environ=environ)
        try:
            path = environ["PATH_INFO"].removeprefix(PREFIX)
            with (
                entered(Context(request_id, traceparent_of(environ.get("HTTP_TRACEPARENT")))),
                tracing.span(path[:200], tracing.SERVER) as span,
            ):
                response = _respond(environ, path)
                tracing.end_request(span, path[:200], response.status)
                milliseconds = round((time.monotonic() - started) * 1000, 1)
                log.info("contract_call", operation=path[:200], status=int(response.status), ms=milliseconds)
        finally:
            request_finished.send(sender=self.__class__)
            metrics.flush()
        content_type = "application/problem+json" if response.is_error else "application/json"
        headers = [("Content-Type", content_type), ("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        return [response.body]


def _is_open_at(port: str) -> bool:
    """Tell whether contract calls are answered at this port: they may have one of their own."""
    return not settings.CONTRACTS_PORT or port == str(settings.CONTRACTS_PORT)


def _respond(environ: Environ, path: str) -> Response:
    try:
        return _dispatch(environ, path)
    except _Refused as refused:
        return Response(refused.status, wire.encode(_problem_of(refused)))
    except ContractError as error:
        return wire.error_response(error)


def _problem_of(refused: _Refused) -> wire.Problem:
    title, request_id = refused.status.phrase, current().request_id
    return wire.Problem("about:blank", title, refused.status, refused.code, refused.reason, request_id)


def _dispatch(environ: Environ, path: str) -> Response:
    module = path.partition("/")[0].partition(".")[0]
    if environ["REQUEST_METHOD"] != "POST":
        raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, "contract operations are called with POST")
    caller = _authenticate(environ, module)
    ownership.catch_up(module, environ.get("HTTP_X_OWNER_EPOCH"))
    _authorize(caller, module, path)
    if not _OPERATION_PATH.fullmatch(path):
        raise UnknownOperation(operation=path[:200])
    _read_version(environ, module)
    body = _read_body(environ)
    key, context = _read_context(environ, module, f"call {path}", caller.module)
    is_bound = _is_bound(caller, module, path, key, environ.get("HTTP_X_ACTING_USER", ""), body)
    if moved := topology.current().moved.get(module):
        return client.post(moved, Request(module, path, body, key, is_bound, caller.issuer.name), context)
    served = server.find_operation(path)
    if served is None and module in extracted():
        log.warning("no_route", module=module, request_id=context.request_id)
        raise Unavailable(module=module)
    if served is None:
        raise UnknownOperation(operation=path[:200])
    if served.operation.is_command and not is_bound:
        raise _refuse_token(module, "a command needs a token of its own")
    if served.operation.needs_key:
        key = key or new_id()
    try:
        return server.execute(served.operation, body, key, context)
    except server.Moved as to:
        return client.post(to.url, Request(module, path, body, key, is_bound, caller.issuer.name), context)


def _authenticate(environ: Environ, module: str) -> Caller:
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    try:
        if scheme != "Bearer":
            raise service_tokens.BadToken("no bearer token")
        return service_tokens.verify(token, module)
    except service_tokens.BadToken as error:
        raise _refuse_token(module, str(error)) from None


def _refuse_token(module: str, reason: str) -> _Refused:
    authorization.record_refusal("service_token_refused", module, reason)
    return _Refused(HTTPStatus.UNAUTHORIZED, "a service token for this module is needed")


def _authorize(caller: Caller, module: str, path: str) -> None:
    try:
        authorization.authorize(caller, path)
    except authorization.Denied as denied:
        authorization.record_refusal("service_call_denied", module, str(denied), operation=path[:200])
        raise _Refused(HTTPStatus.FORBIDDEN, "the caller may not call this", authorization.DENIED) from None


def _is_bound(caller: Caller, module: str, path: str, key: str, actor: str, body: bytes) -> bool:
    """Tell whether the token is good for this request alone. Raises `_Refused` where it is for another."""
    if caller.is_shared:
        return True
    if caller.digest is None:
        return False
    # A token that was seen on its way is of no use for anything else, under another key or for another user.
    if caller.digest != service_tokens.digest_of(path, key, actor, body):
        raise _refuse_token(module, "the token is for another request")
    return True


def _read_version(environ: Environ, module: str) -> None:
    try:
        versions.read_wire(environ.get("HTTP_X_WIRE_VERSION"))
    except versions.Unmet as unmet:
        log.error("versions_do_not_meet", module=module, error=str(unmet))
        raise _Refused(HTTPStatus.BAD_REQUEST, str(unmet), UNMET) from None


def _read_body(environ: Environ) -> bytes:
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        length = int(environ.get("CONTENT_LENGTH") or "")
    except ValueError:
        raise _Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing") from None
    if not 0 <= length <= wire.MAX_ARGUMENTS_BYTES:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may be {wire.MAX_ARGUMENTS_BYTES} bytes long")
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) != length:
        raise _Refused(HTTPStatus.BAD_REQUEST, "the body is shorter than its Content-Length")
    return body


def _read_context(environ: Environ, module: str, origin: str, caller: str | None) -> tuple[str, Context]:
    deadline = environ.get("HTTP_X_DEADLINE_MS") or str(int(MAX_CALL_SECONDS * 1000))
    if not _MILLISECONDS.fullmatch(deadline):
        raise _Refused(HTTPStatus.BAD_REQUEST, "X-Deadline-Ms must be a whole number of milliseconds")
    key = environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not KEY.fullmatch(key):
        raise _Refused(HTTPStatus.BAD_REQUEST, "Idempotency-Key must be 1 to 100 letters, digits, or ._:-")
    actor = environ.get("HTTP_X_ACTING_USER", "")
    return key or "", Context(
        request_id=current().request_id,
        traceparent=current().traceparent,
        deadline=time.monotonic() + min(int(deadline) / 1000, MAX_CALL_SECONDS),
        actor=actor if _ACTOR.fullmatch(actor) else None,
        module=module,
        caller=caller,
        origin=origin,
    )
