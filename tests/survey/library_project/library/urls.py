from accounts.views import profile
from django.urls import include, path

urlpatterns = [
    path("books/", include("catalog.urls")),
    path("me/", profile, name="profile"),
]
