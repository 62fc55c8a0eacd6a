from django.urls import path

from modules.notifications import api

urlpatterns = [path("notifications", api.NotificationsView.as_view())]
