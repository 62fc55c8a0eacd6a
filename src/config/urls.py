"""Every address of the deployable: the modules' under /api/v1/, and its own."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from kernel.http import system

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    *(path("api/v1/", include(f"{module.package}.urls")) for module in settings.ACTIVE_MODULES.values()),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/redoc", SpectacularRedocView.as_view(url_name="schema", template_name="redoc.html"), name="redoc"),
    path("metrics", system.metrics),
    path(".well-known/jwks.json", system.jwks),
    path("admin/", admin.site.urls),
]
handler400 = "kernel.http.problems.bad_request"
handler404 = "kernel.http.problems.not_found"
handler500 = "kernel.http.problems.server_error"
