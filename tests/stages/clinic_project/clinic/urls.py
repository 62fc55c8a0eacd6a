from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="admin/login.html", next_page="/appointments/")),
    path("letters/", include("letters.urls")),
    path("", include("appointments.urls")),
]
