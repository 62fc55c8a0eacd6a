"""Users of a project, of which a module left: who is logged in there is who asks here.

A service knows neither the project's sessions nor its tokens. So whoever passes a request on settles there who asks, in
the project's own ways, and says so in a token for this one request, signed as service tokens are (RFC 7519):

    sign          in the project, beside the request that is passed on
    ProjectUsers  in the service, around all views: `request.user` is who the project says, whatever logs in there

Who asks the service itself is nobody.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Any

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from seamline import layout
from seamline.calls import service_tokens

HEADER = "X-User-Token"
MAX_PERMISSIONS = 100
"""Of a user in a token; a header has to fit into what servers take."""
_FORMS = "django.middleware.csrf.CsrfViewMiddleware"
_META = f"HTTP_{HEADER.upper().replace('-', '_')}"

log = structlog.get_logger("seamline.gateway")


class AnsweredHere(Exception):
    """The project refuses the request itself: a log-in that is none, or a form from elsewhere."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__("the project refuses it")
        self.response = response


@dataclass(frozen=True, slots=True)
class ProjectUser:
    """Who is logged in, as the project said: with what Django and its REST framework ask of a user."""

    id: Any
    """Of the type that the project's users have."""
    username: str
    is_staff: bool = False
    is_superuser: bool = False
    permissions: frozenset[str] = field(default=frozenset())
    """Those of the module that answers: `parcels.add_parcel`."""
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    def __str__(self) -> str:
        return self.username

    @property
    def pk(self) -> Any:
        """Return the id."""
        return self.id

    def get_username(self) -> str:
        """Return what the user logs in by."""
        return self.username

    def get_all_permissions(self, obj: object = None) -> set[str]:
        """Return the permissions of the module that answers; of one object, none."""
        return set(self.permissions) if obj is None else set()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Tell whether the user has a permission."""
        return self.is_superuser or perm in self.get_all_permissions(obj)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Tell whether the user has all of these permissions."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether the user has any permission of an application."""
        return self.is_superuser or any(perm.startswith(f"{app_label}.") for perm in self.permissions)


class ProjectAuthentication(BaseAuthentication):
    """Nobody but whom `ProjectUsers` found; where somebody has to be logged in, it answers as the project would."""

    def authenticate(self, request: Request) -> None:
        """Find nobody."""

    def authenticate_header(self, request: Request) -> str | None:
        """Return what the project asks for: a 401 is a 403 without."""
        challenge: str | None = getattr(request._request, "project_challenge", None)
        return challenge


class ProjectUsers:
    """Django middleware of a service: `request.user` is who the project says that asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = request.META.pop(_META, "")
        if not hasattr(request, "user"):
            request.user = AnonymousUser()
        if token:
            self._believe(request, token)
        return self.get_response(request)

    def _believe(self, request: HttpRequest, token: str) -> None:
        for module in settings.ACTIVE_MODULES:
            try:
                claims = service_tokens.verify_from_gateway(token, _audience(module))
                self._take(request, claims)
                return
            except (service_tokens.BadToken, ValueError) as error:
                log.warning("user_token_refused", module=module, reason=str(error)[:200])

    def _take(self, request: HttpRequest, claims: dict[str, Any]) -> None:
        if claims["req"] != _digest(request):
            raise service_tokens.BadToken("it is for another request")
        # Who passed it on has looked at the form's token, with the session that it belongs to.
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        request.project_challenge = claims.get("challenge")  # type: ignore[attr-defined]
        if said := claims.get("user"):
            user_id = layout.current().user_id_type(said["id"])
            found = ProjectUser(user_id, said["name"], said["staff"], said["superuser"], frozenset(said["permissions"]))
            # The latter is what REST framework's `force_authenticate` sets: it goes before whatever a view names.
            request.user = request._force_auth_user = found  # type: ignore[assignment, attr-defined]


def sign(request: HttpRequest, module: str, body: IO[bytes]) -> str:
    """Return a token that says who asks, by whatever the project logs in with; good for this request of a module.

    Raises `AnsweredHere` where the project itself refuses: a token that is bad, a form without its own.
    """
    twin = _twin(request, body)
    body.seek(0)
    match = request.resolver_match
    assert match, "a request without a view is passed on to nobody"  # noqa: S101  # nosec B101
    user, challenge = _find_user(twin, match.func, match.args, match.kwargs)
    body.seek(0)
    now = int(time.time())
    claims = {
        "iss": settings.SERVICE_NAME,
        "aud": _audience(module),
        "req": _digest(request),
        "user": _describe(user, module) if user is not None and user.is_authenticated else None,
        "challenge": challenge,
        "iat": now,
        "exp": now + service_tokens.LIFETIME_SECONDS,
    }
    return service_tokens.sign(claims)


def _twin(request: HttpRequest, body: IO[bytes]) -> HttpRequest:
    """Make a request that may be read to its end: the body is passed on from its beginning all the same."""
    if not isinstance(request, WSGIRequest):
        return request
    twin = WSGIRequest({**request.environ, "wsgi.input": body})
    kept = {name: value for name, value in vars(request).items() if name in ("session", "user", "_messages")}
    vars(twin).update(kept, resolver_match=request.resolver_match)
    return twin


def _find_user(twin: HttpRequest, view: Any, args: Any, kwargs: Any) -> tuple[Any, str | None]:
    if not hasattr(view, "cls") or not hasattr(view.cls, "initialize_request"):
        if _FORMS in settings.MIDDLEWARE and (refusal := _refuse_form(twin, view, args, kwargs)):
            raise AnsweredHere(refusal)
        return getattr(twin, "user", None), None
    instance = view.cls(**getattr(view, "initkwargs", {}))
    instance.request, instance.args, instance.kwargs = twin, args, kwargs
    # A set of views needs to know what it is asked for before it says how to log in.
    instance.action_map = getattr(view, "actions", None) or {}
    asked = instance.initialize_request(twin, *args, **kwargs)
    try:
        return asked.user, instance.get_authenticate_header(asked)
    except APIException:
        # The view is here as well, and asks the same before anything else.
        raise AnsweredHere(_render(view(twin, *args, **kwargs))) from None


def _refuse_form(twin: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
    forms = CsrfViewMiddleware(lambda request: None)  # type: ignore[arg-type]
    forms.process_request(twin)
    return forms.process_view(twin, view, args, kwargs)


def _render(response: Any) -> HttpResponseBase:
    whole: HttpResponseBase = response.render() if hasattr(response, "render") else response
    return whole


def _describe(user: Any, module: str) -> dict[str, Any]:
    # A user model may be without Django's permissions, and then without what it is asked for here.
    is_superuser = bool(getattr(user, "is_superuser", False))
    granted = () if is_superuser or not hasattr(user, "get_all_permissions") else user.get_all_permissions()
    permissions = sorted(perm for perm in granted if perm.startswith(f"{module}."))
    return {
        "id": str(user.pk),
        "name": user.get_username(),
        "staff": bool(getattr(user, "is_staff", False)),
        "superuser": is_superuser,
        "permissions": permissions[:MAX_PERMISSIONS],
    }


def _audience(module: str) -> str:
    return f"user:{module}"


def _digest(request: HttpRequest) -> str:
    asked = f"{request.method}\n{request.META['PATH_INFO']}"
    return hashlib.sha256(asked.encode()).hexdigest()
