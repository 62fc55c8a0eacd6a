"""The runtime in a project that was there before, under any server: a middleware around the project's own.

What it lacks beside `manage.py serve`: deliveries and jobs begin with the first request that a process gets, and a
process that ends does not wait for them; another process goes on with them when their leases lapse.
"""

import atexit
import os
import sys
import threading

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from seamline.calls.endpoint import PREFIX, ContractEndpoint
from seamline.http.middleware import RequestContext
from seamline.runtime import background

_started: set[int] = set()
_starting = threading.Lock()


class ProjectMiddleware(RequestContext):
    """Django middleware, the first of a project's: requests have a context, contract calls are answered.

    It refuses nothing of what the project takes, and leaves the log of requests to it.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start_once()
        if request.path_info.startswith(PREFIX):
            return _answer(request)
        return super().__call__(request)

    def refuse(self, request: HttpRequest) -> HttpResponseBase | None:
        """Let everything in."""
        return None


def start_once() -> None:
    """Deliver events and run jobs in threads of this process, from now on; not in one that runs tests."""
    if os.getpid() in _started or _is_testing():
        return
    with _starting:
        if os.getpid() not in _started:
            _started.add(os.getpid())
            background.start()
            atexit.register(background.stop)


def _is_testing() -> bool:
    """Tell whether Django's test environment is set up: a test delivers when it wants to, see `seamline.testing`."""
    tools = sys.modules.get("django.test.utils")
    return tools is not None and hasattr(tools._TestState, "saved_data")


def _answer(request: HttpRequest) -> HttpResponse:
    environ = {**request.META, "PATH_INFO": request.path_info, "wsgi.input": request}
    response = HttpResponse()

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        response.status_code = int(status.partition(" ")[0])
        for name, value in headers:
            response[name] = value

    response.content = b"".join(_contract_calls(environ, start))
    return response


_contract_calls = ContractEndpoint(lambda environ, start_response: [])
