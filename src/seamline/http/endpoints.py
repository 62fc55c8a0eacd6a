"""How a module declares its HTTP endpoints: types, errors, access and documentation in one place, beside the code."""

import inspect
import re
import uuid
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar, TypeVar, cast

import msgspec
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from msgspec import structs
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from seamline.context import current, entered
from seamline.contract import ContractError
from seamline.contract.errors import EVERYWHERE
from seamline.http import idempotency, problems, throttling, unknown_fields
from seamline.http.access import Access, BearerAuthentication, DeclaredAccess, Principal
from seamline.http.documentation import document
from seamline.http.problems import MAX_JSON_BYTES, FieldError, Invalid
from seamline.http.throttling import DEFAULT, Throttle
from seamline.module import owner

log = structlog.get_logger("seamline.http")
_NUL = re.compile(rb"(?<!\\)(\\\\)*\\u0000")
F = TypeVar("F", bound=Callable[..., Any])
UNDECLARED: Any = object()
_MAX_WHOLE_FLOAT = 2**53
"""Up to here a float is one integer and no other."""
_GIVEN = {"self", "request", "body", "new_id"}
"""Arguments of a method that come from elsewhere than the address."""
DECLARATION = "@endpoint(access=…, returns=…), with public, user or scope('…') of seamline.http"


class Endpoint(APIView):
    """Base of a module's views; each method is declared with `@endpoint`."""

    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = [BearerAuthentication]  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [DeclaredAccess]  # type: ignore[misc]
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def __init_subclass__(cls, **words: Any) -> None:
        """Refuse a method without a declaration, which would let nobody in. Raises `ImproperlyConfigured`."""
        super().__init_subclass__(**words)
        for name in cls.http_method_names:
            method = vars(cls).get(name)
            if inspect.isfunction(method) and not hasattr(method, "access"):
                raise ImproperlyConfigured(f"{_where(method)} says not who may use it; decorate it with {DECLARATION}")

    def get_exception_handler(self) -> Callable[..., Any]:
        """Answer errors with problem details, whatever a project's other views answer with."""
        return problems.from_exception

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Choose JSON, whatever is asked for (RFC 9110, section 12.5.1, leaves that to the server)."""
        return self.get_renderers()[0], "application/json"

    @property
    def user(self) -> Principal:
        """Who makes the request, on an endpoint that lets nobody in without a token."""
        return cast(Principal, self.request.user)


class Created(msgspec.Struct, frozen=True):
    """A response with a status of its own, and the address of what was created."""

    body: msgspec.Struct
    location: str
    status: int = HTTPStatus.CREATED


def endpoint(
    *,
    access: Access | None = None,
    returns: Any = UNDECLARED,
    body: type[msgspec.Struct] | None = None,
    status: int = HTTPStatus.OK,
    also: tuple[int, ...] = (),
    raises: tuple[type[ContractError], ...] = (),
    parameters: tuple[OpenApiParameter, ...] = (),
    idempotent: bool = False,
    throttle: Throttle = DEFAULT,
) -> Callable[[F], F]:
    """Declare a method of an `Endpoint`.

    `access` says who may use it and `throttle` how often, `body` and `returns` are structs, `raises` the contract
    errors it may answer with, `also` other statuses that carry the same type. The method gets `body` decoded, and with
    `idempotent` (a POST with an effect) `new_id` for what it makes: the same when the request comes again under it. A
    contract error that is not declared is answered all the same, and logged: nobody who reads the document expects it.
    """

    def decorate(method: F) -> F:
        if access is None or returns is UNDECLARED:
            missing = "who may use it" if access is None else "what it returns"
            raise ImproperlyConfigured(f"{_where(method)} says not {missing}; write {DECLARATION}")

        single = tuple(each.name for each in parameters if each.location == OpenApiParameter.QUERY and not each.many)

        @wraps(method)
        def handle(self: Endpoint, request: Request, **arguments: Any) -> HttpResponse:
            module = owner(type(self).__module__)
            throttling.admit(module, throttle, request)
            _refuse_repeated(request, single)
            raw = _read_body(request) if body else b""
            if body:
                arguments["body"] = _decode_body(raw, body)

            def respond(**new: uuid.UUID) -> HttpResponse:
                try:
                    return _to_response(method(self, request, **arguments, **new), status)
                except ContractError as error:
                    if not isinstance(error, (*raises, *EVERYWHERE)):
                        log.error("undeclared_error", endpoint=method.__qualname__, code=error.code)
                    raise

            with entered(structs.replace(current(), module=module, actor=_actor(request))):
                return idempotency.once(module or "", request, raw, respond) if idempotent else respond()

        handle.access = access  # type: ignore[attr-defined]
        handle.raises = raises  # type: ignore[attr-defined]
        handle.throttle = throttle  # type: ignore[attr-defined]
        described = document(
            method,
            access=access,
            body=body,
            returns=returns,
            statuses=(status, *also),
            raises=raises,
            parameters=parameters,
            idempotent=idempotent,
            in_path=_in_path(method),
            has_location=_returns_created(method),
        )
        return extend_schema(**described)(handle)  # type: ignore[return-value]

    return decorate


def _in_path(method: Callable[..., Any]) -> tuple[str, ...]:
    """Name the arguments that a method gets from the address."""
    return tuple(name for name in inspect.signature(method).parameters if name not in _GIVEN)


def _returns_created(method: Callable[..., Any]) -> bool:
    return inspect.signature(method).return_annotation in (Created, Created.__name__)


def _where(method: Callable[..., Any]) -> str:
    """Say for a message where a method is, and its name."""
    code = inspect.unwrap(method).__code__
    return f"{code.co_filename}:{code.co_firstlineno}: {method.__qualname__}"


def _actor(request: Request) -> str | None:
    return str(request.user.id) if isinstance(request.user, Principal) else None


def _refuse_repeated(request: Request, single: tuple[str, ...]) -> None:
    """Refuse two values for one parameter: proxies and we might not mean the same one."""
    if repeated := [name for name in single if len(request.GET.getlist(name)) > 1]:
        raise Invalid("Give it once", tuple(FieldError(name, "is there more than once") for name in repeated))


def _read_body(request: Request) -> bytes:
    if (request.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid("The body must be application/json", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_JSON_BYTES:
        raise Invalid.too_large()
    raw: bytes = request._request.body
    return raw


def _decode_body(raw: bytes, body: type[msgspec.Struct]) -> msgspec.Struct:
    if _NUL.search(raw):
        raise Invalid("Text may not hold the character NUL, which PostgreSQL cannot store")
    try:
        decoded = _decode_as(raw, body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.MsgspecError) and _is_json(raw):
            raise Invalid.of(error) from None
        raise Invalid("The body is not well-formed JSON", status=HTTPStatus.BAD_REQUEST) from None
    if unknown := tuple(islice(unknown_fields.find(body, msgspec.json.decode(raw)), unknown_fields.MAX_NAMED)):
        raise Invalid("Some fields are not known here", unknown)
    return decoded


def _decode_as(raw: bytes, body: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.json.decode(raw, type=body)
    except msgspec.ValidationError as error:
        if "got `float`" not in str(error):
            raise
        # JSON Schema has one kind of number: 2.0 is an integer.
        return msgspec.convert(_decode_numbers(raw), body)


def _to_number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _MAX_WHOLE_FLOAT else number


_decode_numbers = msgspec.json.Decoder(float_hook=_to_number).decode


def _is_json(raw: bytes) -> bool:
    """Tell whether a body is whole: one that breaks off may be of a wrong type before that, which misleads."""
    try:
        msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _to_response(result: Any, status: int) -> HttpResponse:
    if isinstance(result, HttpResponse):
        return result
    if isinstance(result, Created):
        response = HttpResponse(msgspec.json.encode(result.body), content_type="application/json", status=result.status)
        response["Location"] = result.location
        return response
    return HttpResponse(msgspec.json.encode(result), content_type="application/json", status=status)
