from django.urls import path

from modules.gadgets import api

urlpatterns = [
    path("gadgets", api.GadgetsView.as_view()),
    path("gadgets/<uuid:gadget_id>", api.GadgetView.as_view()),
]
