"""`/api/schema`: the OpenAPI document, made once in the life of a process."""

import gzip
import hashlib
import threading
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.encoding import force_bytes
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from seamline.http.documentation import general_problems


class _Document(NamedTuple):
    content_type: str
    plain: bytes
    zipped: bytes
    digest: str


_OK, _UNCHANGED = int(HTTPStatus.OK), int(HTTPStatus.NOT_MODIFIED)
_DOCUMENT = {"type": "object", "required": ["openapi"], "properties": {"openapi": {"type": "string"}}}
_KINDS = [renderer.media_type for renderer in SpectacularAPIView.renderer_classes]
_SAID: dict[str, Any] = {
    "operation_id": "get_schema",
    "summary": "Read this document",
    "description": "As YAML or as JSON. Who has it already is told so, by its `ETag`.",
    "tags": ["documentation"],
    "auth": [],
    "parameters": [
        OpenApiParameter("format", str, enum=["json", "yaml"], description="Goes before what `Accept` asks for."),
        OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the one at hand."),
        OpenApiParameter(
            "ETag",
            {"type": "string", "pattern": '^"[0-9a-f]+(-gzip)?"$'},
            OpenApiParameter.HEADER,
            description="Of these very bytes.",
            required=True,
            response=[_OK, _UNCHANGED],
        ),
    ],
    "responses": {
        (_OK, *_KINDS): OpenApiResponse(_DOCUMENT, "OK"),
        _UNCHANGED: OpenApiResponse(None, "It is the one at hand"),
        **general_problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE),
    },
}


class SchemaView(SpectacularAPIView):
    """The document as YAML or JSON, with a strong `ETag` for those who have it already."""

    http_method_names = ["get", "head"]

    @extend_schema(**_SAID)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer with the document, or with 304."""
        renderer: BaseRenderer = request.accepted_renderer
        document = _render(renderer)
        is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        response = HttpResponse(document.zipped if is_zipped else document.plain, content_type=document.content_type)
        patch_vary_headers(response, ["Accept-Encoding"])
        title = settings.SPECTACULAR_SETTINGS["TITLE"]
        response["Content-Disposition"] = f'inline; filename="{title}.{renderer.format}"'
        response["Cache-Control"] = "no-cache"  # to be kept, and asked for anew
        # A strong one is of these very bytes (RFC 9110, section 8.8.3).
        response["ETag"] = etag = f'"{document.digest}-gzip"' if is_zipped else f'"{document.digest}"'
        if is_zipped:
            response["Content-Encoding"] = "gzip"
        return get_conditional_response(request._request, etag=etag, response=response) or response


def _render(renderer: BaseRenderer) -> _Document:
    # Whoever comes while it is made waits for it, rather than make another.
    with _making:
        if renderer.media_type not in _documents:
            if not _schema:
                _schema.update(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]
            _documents[renderer.media_type] = _to_document(renderer, force_bytes(renderer.render(_schema)))
        return _documents[renderer.media_type]


def _to_document(renderer: BaseRenderer, text: bytes) -> _Document:
    charset = f"; charset={renderer.charset}" if renderer.charset else ""
    zipped = gzip.compress(text, mtime=0)
    return _Document(f"{renderer.media_type}{charset}", text, zipped, hashlib.sha256(text).hexdigest()[:32])


_schema: dict[str, Any] = {}
_documents: dict[str, _Document] = {}
_making = threading.Lock()
