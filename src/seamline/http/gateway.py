"""The gateway: requests for a module that moved out are passed on to it, and answered as if it were here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO
from urllib.parse import quote

import pybreaker
import structlog
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, RawPostDataException, UnreadablePostError
from django.http.response import HttpResponseBase

from seamline import context, topology
from seamline.calls import peers
from seamline.calls.peers import Peer
from seamline.contract import AvailabilityError, DeadlineExceeded, Rejected, Unavailable
from seamline.databases import ownership
from seamline.http import idempotency, project_users
from seamline.http.edge import cookie_name, is_about_forwarding, is_hop_by_hop, without_cookies
from seamline.http.middleware import module_of
from seamline.http.problems import Invalid, error_response
from seamline.http.streaming import Body, StreamedResponse
from seamline.layout import alias_of
from seamline.module import active
from seamline.observability import metrics
from seamline.transport.http_pool import NO_RESPONSE, RECEIVE_BYTES, Exchange, ResponseTooLong, TimedOut

log = structlog.get_logger("seamline.gateway")
MAX_MEMORY_BYTES = 1024 * 1024
"""Of a request's body; a longer one waits in a temporary file."""

# What is for one connection alone was dropped at the edge, and is on the way back.
EPOCH = "X-Owner-Epoch"
"""Which change of the module's owner whoever passes a request on knows of."""
_SET_ANEW = {"content-length", "host", "x-request-id", EPOCH.lower(), project_users.HEADER.lower()}
_OF_THE_SERVER = {"date", "server", "x-request-id"}
"""Headers of a response that this deployable gives to all of its own."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_IN_A_QUERY = "".join(map(chr, range(0x21, 0x7F)))


class Gateway:
    """Django middleware: pass a request on when the module whose view would answer it lives elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> HttpResponseBase | None:
        module = module_of(view)
        url = topology.current().moved.get(module) if module else None
        if module and url and (epoch := request.headers.get(EPOCH)):
            try:
                ownership.catch_up(module, epoch)
            except Unavailable as refusal:
                return error_response(refusal)
            url = topology.current().moved.get(module)
        return _pass_on(request, module, url) if module and url else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Carry a request on whose module moved while it was under way."""
        return pass_on_moved(request, error) or _refuse_page(error)


def pass_on_moved(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    """Pass a request on whose module has just moved, if that is why it failed; None where the error is another.

    What it has done is found by the new owner under the request's key, or under the one that it has instead.
    """
    module = module_of(request.resolver_match.func) if request.resolver_match else None
    url = ownership.moved_to(module, error) if module else None
    if module is None or url is None:
        return None
    log.info("request_moved", module=module, to=url, request_id=context.current().request_id)
    try:
        content = request.body
    except RawPostDataException:
        # An upload, of which nothing is left: who sent it has it still.
        return error_response(Unavailable(module=module))
    return _pass_on(request, module, url, content)


def _refuse_page(error: Exception) -> HttpResponseBase | None:
    """Refuse a page of the admin's that wrote to a module which has just moved."""
    if ownership.is_refusal(error):
        for module in active():
            if connections[alias_of(module)].errors_occurred and ownership.moved_to(module, error):
                return error_response(Unavailable(module=module))
    return None


def _pass_on(request: HttpRequest, module: str, url: str, content: bytes | None = None) -> HttpResponseBase:
    began, outcome = monotonic(), "unavailable"
    try:
        response = _forward(request, peers.find(url, module), content)
        outcome = "ok" if response.status_code < 500 else "failed"
        return response
    except pybreaker.CircuitBreakerError:
        return error_response(Rejected(module=module))
    except Invalid as refusal:
        outcome = "refused"
        return error_response(refusal)
    except project_users.AnsweredHere as answer:
        outcome = "refused"
        return answer.response
    except AvailabilityError as refusal:
        return error_response(refusal)
    finally:
        metrics.gateway_seconds.labels(module, outcome).observe(monotonic() - began)


def _forward(request: HttpRequest, peer: Peer, content: bytes | None) -> StreamedResponse:
    # The body comes whole before the module is asked, for its sender may be slow.
    with SpooledTemporaryFile(MAX_MEMORY_BYTES) as body, ExitStack() as held:
        if content is None:
            length = _read_body(request, body)
        else:
            length = body.write(content)
            body.seek(0)
        token = None if settings.STANDALONE else project_users.sign(request, peer.module, body)
        with peer.watch(context.current().remaining):
            exchange = _exchange(request, body, length, peer, token)
            held.callback(exchange.close)
        incoming = exchange.response
        response = StreamedResponse(incoming.status, incoming.reason, _response_headers(incoming.headers))
        # A slow client holds the connection with its thread, until it has everything.
        response.streaming_content = Body(exchange, peer.module, request, held.pop_all().close)
    return response


def _read_body(request: HttpRequest, body: IO[bytes]) -> int:
    try:
        while piece := request.read(RECEIVE_BYTES):
            body.write(piece)
    except UnreadablePostError:
        raise Invalid.broken_off() from None
    if body.tell() != int(request.META.get("CONTENT_LENGTH") or 0):
        raise Invalid.broken_off()
    length = body.tell()
    body.seek(0)
    return length


def _exchange(request: HttpRequest, body: IO[bytes], length: int, peer: Peer, user_token: str | None) -> Exchange:
    """Send a request, and wait until its response begins; one without effect goes to another instance, if need be."""
    try:
        return _attempt(request, body, length, peer, user_token)
    except Unavailable:
        if request.method not in _SAFE or not peer.connections.can_fail_over():
            raise
    body.seek(0)
    return _attempt(request, body, length, peer, user_token)


def _attempt(request: HttpRequest, body: IO[bytes], length: int, peer: Peer, user_token: str | None) -> Exchange:
    exchange = _send(request, body, length, peer, user_token)
    try:
        _wait_for_head(exchange, peer.module)
    except BaseException:
        exchange.close()
        raise
    return exchange


def _send(request: HttpRequest, body: IO[bytes], length: int, peer: Peer, user_token: str | None) -> Exchange:
    target = quote(request.META["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~")
    if query := request.META.get("QUERY_STRING"):
        target += f"?{quote(query.encode('latin-1'), safe=_IN_A_QUERY)}"
    headers = list(_request_headers(request))
    if owner := topology.current().owners.get(peer.module):
        headers.append((EPOCH, str(owner.epoch)))
    if user_token:
        headers.append((project_users.HEADER, user_token))
    if length or request.META.get("CONTENT_LENGTH"):
        headers.append(("Content-Length", str(length)))
    timeout = max(context.current().remaining, 0.001)
    pieces = iter(partial(body.read, RECEIVE_BYTES), b"")
    with _translate_failures(peer.module):
        return peer.connections.send(request.method or "GET", target, headers, pieces, timeout)


def _wait_for_head(exchange: Exchange, module: str) -> None:
    deadline = monotonic() + context.current().remaining
    with _translate_failures(module):
        while not exchange.response.has_head:
            exchange.receive(deadline)


@contextmanager
def _translate_failures(module: str) -> Iterator[None]:
    try:
        yield
    except TimedOut:
        raise DeadlineExceeded(module=module) from None
    except (ResponseTooLong, *NO_RESPONSE) as error:
        kind, request_id = type(error).__name__, context.current().request_id
        log.warning("module_unavailable", module=module, error=kind, request_id=request_id)
        raise Unavailable(module=module) from None


def _request_headers(request: HttpRequest) -> Iterator[tuple[str, str]]:
    traceparent, connection = context.current().traceparent, request.headers.get("Connection", "")
    # Host stays the caller's, so that links in the answer lead back here.
    if host := request.META.get("HTTP_HOST"):
        yield "Host", host
    for name, value in request.headers.items():
        lower = name.lower()
        if lower in _SET_ANEW or is_about_forwarding(lower) or (traceparent and lower == "traceparent"):
            continue
        # At the edge of a project is a server of its own, which may leave them.
        if not settings.STANDALONE and is_hop_by_hop(lower, connection):
            continue
        if lower == "cookie":
            # A session is of the deployable that began it, and a key to it.
            value = without_cookies(value, {settings.SESSION_COOKIE_NAME})
        if value or lower != "cookie":
            yield name, value
    if idempotency.HEADER not in request.headers and (key := idempotency.key_made_for(request)):
        yield idempotency.HEADER, key
    yield from _forwarding_headers(request)
    yield "X-Request-ID", context.current().request_id
    if traceparent:
        yield "traceparent", traceparent


def _forwarding_headers(request: HttpRequest) -> Iterator[tuple[str, str]]:
    # What came of these is from a proxy of ours: anybody else's was dropped at the edge.
    meta, peer = request.META, request.META.get("REMOTE_ADDR") or "unknown"
    yield "X-Forwarded-For", ", ".join(filter(None, (meta.get("HTTP_X_FORWARDED_FOR"), peer)))
    yield "X-Forwarded-Proto", request.scheme or "http"
    yield "X-Forwarded-Host", meta.get("HTTP_X_FORWARDED_HOST") or meta.get("HTTP_HOST", "")
    if "HTTP_X_REAL_IP" in meta:
        yield "X-Real-IP", meta["HTTP_X_REAL_IP"]
    if "HTTP_FORWARDED" in meta:
        node = f'"[{peer}]"' if ":" in peer else peer
        yield "Forwarded", f"{meta['HTTP_FORWARDED']}, for={node};proto={request.scheme}"


def _response_headers(headers: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    connection = next((value for name, value in headers if name.lower() == "connection"), "")
    for name, value in headers:
        if not settings.STANDALONE and is_hop_by_hop(name.lower(), connection):
            continue
        is_session = name.lower() == "set-cookie" and cookie_name(value) == settings.SESSION_COOKIE_NAME
        if name.lower() not in _OF_THE_SERVER and not is_session:
            yield name, value
