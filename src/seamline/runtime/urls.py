"""Every address of the deployable: the modules' under /api/v1/, its own, and the modules' pages for people."""

from django.conf import settings
from django.contrib import admin
from django.http import Http404
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from seamline.http import extracted
from seamline.http.keys import jwks
from seamline.http.problems import not_found
from seamline.http.schema_view import SchemaView
from seamline.operations import health
from seamline.operations.system_map import views
from seamline.personal_data.endpoints import PersonalDataView

ONLY_GET = {"http_method_names": ["get", "head"]}

urlpatterns = [
    *(path("api/v1/", include(f"{m.package}.urls")) for m in settings.ACTIVE_MODULES.values() if m.has("urls")),
    path("api/v1/personal-data", PersonalDataView.as_view()),
    path("api/v1/", RedirectView.as_view(pattern_name="docs")),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema", **ONLY_GET), name="docs"),
    path(
        "api/redoc",
        SpectacularRedocView.as_view(url_name="schema", template_name="redoc.html", **ONLY_GET),
        name="redoc",
    ),
    path("metrics", health.metrics, name="metrics"),
    path("map", views.show_map, name="map"),
    path("map.json", views.map_json, name="map.json"),
    path(".well-known/jwks.json", jwks),
    # The admin's way from a row to its page on the site: no row has one, and an id that does not fit would be an error.
    path("admin/r/<path:_>", lambda request, _: not_found(request, Http404())),
    path("admin/", admin.site.urls),
    *(pattern for module in settings.EXTRACTED_MODULES.values() for pattern in extracted.patterns(module)),
    *(path("", include(f"{m.package}.pages")) for m in settings.ACTIVE_MODULES.values() if m.has("pages")),
    # Last, so that a module may have a page there.
    path("", views.home, name="home"),
]
handler400 = "seamline.http.problems.bad_request"
handler404 = "seamline.http.problems.not_found"
handler500 = "seamline.http.problems.server_error"
