"""A module whose pages answer in every odd way, and a process that serves it: here, or through a gateway."""

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

MODULE = "odd"
PIECE = b"x" * 65536
COOKIES = ("seam_sessionid", "service_sessionid", "csrftoken", "messages", "theme")
"""Of the gateway, of the service, of forms of both, of older releases, and of the module's own."""
View = Callable[[HttpRequest], HttpResponseBase]


class Several(HttpResponse):
    """One with a header that comes more than once, which Django's own has no way to say."""

    def items(self) -> Any:
        links = [("Link", "</a>; rel=preload"), ("Link", "</b>; rel=preload"), ("WWW-Authenticate", "Basic")]
        return [*super().items(), *links]


def echo(request: HttpRequest) -> HttpResponse:
    """Say what arrived, but for what says on whose behalf."""
    names = ("CONTENT_TYPE", "CONTENT_LENGTH", "PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "SERVER_PROTOCOL")
    arrived = {name: value for name, value in request.META.items() if name in names or name.startswith("HTTP_")}
    said = {name: value for name, value in arrived.items() if "FORWARDED" not in name}
    return HttpResponse(json.dumps(said, sort_keys=True), content_type="application/json")


def forwarding(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        json.dumps({n: v for n, v in request.META.items() if n.startswith("HTTP_")} | {"secure": request.is_secure()})
    )


def upload(request: HttpRequest) -> HttpResponse:
    if request.FILES:
        return HttpResponse(json.dumps({name: file.size for name, file in request.FILES.items()}))
    return HttpResponse(str(len(request.body)))


def cookies(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(json.dumps(request.COOKIES))
    for name in COOKIES:
        response.set_cookie(name, "new", httponly=True, samesite="Lax")
    return response


def zipped(request: HttpRequest) -> HttpResponse:
    return HttpResponse(gzip.compress(b"hello " * 10_000, mtime=0), headers={"Content-Encoding": "gzip"})


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse([b"one", b"", b"two", PIECE])


def partial(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"part", status=206, headers={"Content-Range": "bytes 4-7/40", "Accept-Ranges": "bytes"})


def unchanged(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=304, headers={"ETag": 'W/"1"'})


def untyped(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(b"\x00\xff")
    del response["Content-Type"]
    return response


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(__file__).open("rb"), filename="odd é.py")


def long(request: HttpRequest) -> StreamingHttpResponse:
    count = int(request.GET["pieces"])
    response = StreamingHttpResponse(PIECE for _ in range(count))
    if "length" in request.GET:
        response["Content-Length"] = str(count * len(PIECE))
    return response


def broken(request: HttpRequest) -> StreamingHttpResponse:
    def pieces() -> Iterator[bytes]:
        yield PIECE
        time.sleep(0.2)
        raise RuntimeError("on purpose")

    response = StreamingHttpResponse(pieces())
    if "length" in request.GET:
        response["Content-Length"] = str(2 * len(PIECE))
    return response


def unforeseen(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


VIEWS: dict[str, View] = {
    "several": lambda _: Several(b"{}", status=401),
    "empty": lambda _: HttpResponse(b""),
    "nothing": lambda _: HttpResponse(status=204),
    "reason": lambda _: HttpResponse(b"odd", status=299, reason="Rather Odd"),
    "latin": lambda _: HttpResponse("é", headers={"X-Word": "caf\xe9", "X-Empty": ""}, content_type="text/x; a=b"),
    "redirect": lambda _: HttpResponseRedirect("../elsewhere?a=b#c"),
    "frame": xframe_options_exempt(lambda _: HttpResponse(b"framed")),
    "hops": lambda _: HttpResponse(b"x", headers={"Proxy-Authenticate": "Basic", "Trailer": "X", "Keep-Alive": "x"}),
    "echo": echo,
    "forwarding": forwarding,
    "upload": upload,
    "cookies": cookies,
    "zipped": zipped,
    "streamed": streamed,
    "partial": partial,
    "unchanged": unchanged,
    "untyped": untyped,
    "file": file,
    "long": long,
    "broken": broken,
    "unforeseen": unforeseen,
}


def patterns(root: str) -> Iterator[URLPattern]:
    for name, view in VIEWS.items():
        yield path(f"{root}{name}", _of_the_module(view))
        yield path(f"{root}{name}/<path:rest>", _of_the_module(view))


def _of_the_module(view: View) -> View:
    def answer(request: HttpRequest, rest: str = "") -> HttpResponseBase:
        return view(request)

    answer.__module__ = f"modules.{MODULE}.pages"
    answer.xframe_options_exempt = getattr(view, "xframe_options_exempt", False)  # type: ignore[attr-defined]
    return csrf_exempt(answer)


urlpatterns = [*patterns("odd/"), *patterns("api/v1/odd/")]
handler404 = "seamline.http.problems.not_found"
handler500 = "seamline.http.problems.server_error"


def main(port: int, url: str) -> None:
    """Serve until stopped, the module itself or, with its URL, a gateway to it."""
    import django

    django.setup()
    from django.conf import settings
    from gunicorn.app.base import Application

    from seamline import topology

    settings.ROOT_URLCONF = "tests.contracts.odd"
    topology.use(topology.Topology(frozenset(), {MODULE: url} if url else {}))

    class Server(Application):  # type: ignore[misc]  # gunicorn is not typed
        def load_config(self) -> None:
            self.load_config_from_module_name_or_filename("python:seamline.runtime.gunicorn_conf")
            self.cfg.set("bind", f"127.0.0.1:{port}")
            self.cfg.set("post_worker_init", lambda worker: None)
            self.cfg.set("worker_exit", lambda server, worker: None)

        def load(self) -> Any:
            from seamline.runtime.wsgi import application

            return application

    sys.argv = ["odd"]
    Server().run()
