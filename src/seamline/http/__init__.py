"""The modules' part of `/api/v1/`: endpoints, who may use them, pages of lists, and errors as problem details."""

from seamline.http.access import Principal, principal, public, scope, user
from seamline.http.endpoints import Created, Endpoint, endpoint
from seamline.http.pagination import PAGE_PARAMETERS, Page, paginate
from seamline.http.problems import FieldError, Invalid

__all__ = [
    "PAGE_PARAMETERS",
    "Created",
    "Endpoint",
    "FieldError",
    "Invalid",
    "Page",
    "Principal",
    "endpoint",
    "paginate",
    "principal",
    "public",
    "scope",
    "user",
]
