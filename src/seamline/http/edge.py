"""Where requests come in: what is for this connection alone stays here, and who asks is believed of proxies we know."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

from seamline.http.pages import API

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_HOP_BY_HOP = {"connection", "expect", "keep-alive", "proxy", "te", "trailer", "transfer-encoding", "upgrade"}
_ALWAYS_FORWARDED = {"host", "content-type"}
"""What a request cannot do without, whatever its Connection says."""


class Edge:
    """WSGI middleware: what modules see of a request, and clients of a response, is the same wherever a module lives.

    Headers for one connection end here, both ways (RFC 9110, section 7.6.1). What a proxy says of the client it speaks
    for is kept if it is one of `TRUSTED_PROXIES`, and dropped otherwise. The API goes by tokens, and has no cookie of
    ours.
    """

    def __init__(self, application: WsgiApp) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_trusted = is_trusted_proxy(environ.get("REMOTE_ADDR", ""))
        connection = environ.get("HTTP_CONNECTION", "")
        for key in [key for key in environ if key.startswith("HTTP_")]:
            name = key.removeprefix("HTTP_").replace("_", "-").lower()
            if is_about_forwarding(name):
                if not is_trusted:
                    del environ[key]
            elif is_hop_by_hop(name, connection):
                del environ[key]
        hidden = our_cookies() if environ["PATH_INFO"].startswith(API) else set()
        if "HTTP_COOKIE" in environ:
            environ["HTTP_COOKIE"] = without_cookies(environ["HTTP_COOKIE"], hidden)

        def start(status: str, headers: Headers, *more: Any) -> Any:
            return start_response(status, list(_response_headers(headers, hidden)), *more)

        return self.application(environ, start)


def is_hop_by_hop(name: str, connection: str) -> bool:
    """Tell whether a header (its name in small letters) is for one connection, beside this `Connection` header."""
    named = {option.strip().lower() for option in connection.split(",")} - _ALWAYS_FORWARDED
    return name in _HOP_BY_HOP or name.startswith("proxy-") or name in named


def is_about_forwarding(name: str) -> bool:
    """Tell whether a header (its name in small letters) says for whom a proxy asks."""
    return name.startswith("x-forwarded-") or name in ("forwarded", "x-real-ip")


def is_trusted_proxy(address: str) -> bool:
    """Tell whether an address is one of `TRUSTED_PROXIES`."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in settings.TRUSTED_PROXIES)


def client_address(meta: Mapping[str, Any]) -> str:
    """Return the address that a request comes from: the nearest that is none of `TRUSTED_PROXIES`.

    Of IPv6 it is the network of 64 bits, which is what one client is given.
    """
    hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    found = str(meta.get("REMOTE_ADDR") or "unknown")
    while hops and is_trusted_proxy(found):
        found = hops.pop()
    try:
        parsed = ip_address(found)
    except ValueError:
        return found[:45]
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def our_cookies() -> set[str]:
    """Name the cookies that sessions and forms of this deployable have."""
    return {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages"}


def without_cookies(header: str, names: set[str]) -> str:
    """Remove cookies from the value of a `Cookie` header."""
    return "; ".join(pair.strip() for pair in header.split(";") if cookie_name(pair) not in names)


def cookie_name(text: str) -> str:
    """Return the name in `name=value`, or in the value of a `Set-Cookie` header."""
    return text.partition(";")[0].partition("=")[0].strip()


def _response_headers(headers: Headers, hidden: set[str]) -> Iterator[tuple[str, str]]:
    connection = ",".join(value for name, value in headers if name.lower() == "connection")
    for name, value in headers:
        is_hidden = name.lower() == "set-cookie" and cookie_name(value) in hidden
        if not is_hidden and not is_hop_by_hop(name.lower(), connection):
            yield name, value
