from django.urls import path

from modules.notes import api

urlpatterns = [
    path("notes/<uuid:parcel_id>", api.NotesView.as_view()),
    path("notes/token", api.KeeperTokenView.as_view()),
    path("notes/token/refresh", api.KeeperRefreshView.as_view()),
]
