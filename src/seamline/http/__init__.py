"""The modules' part of `/api/v1/`: endpoints, who may use them, pages of lists, and errors as problem details."""

from seamline.http.access import Principal, principal, public, scope, user
from seamline.http.endpoints import Created, Endpoint, endpoint
from seamline.http.pagination import PAGE_PARAMETERS, Page, paginate
from seamline.http.problems import FieldError, Invalid
from seamline.http.throttling import Guess, Throttle, address, caller, guessing
from seamline.http.unknown_fields import OpenBody

__all__ = [
    "PAGE_PARAMETERS",
    "Created",
    "Endpoint",
    "FieldError",
    "Guess",
    "Invalid",
    "OpenBody",
    "Page",
    "Principal",
    "Throttle",
    "address",
    "caller",
    "endpoint",
    "guessing",
    "paginate",
    "principal",
    "public",
    "scope",
    "user",
]
