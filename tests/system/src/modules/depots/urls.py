from django.urls import path

from modules.depots import api

urlpatterns = [path("depots/<str:depot>", api.DepotView.as_view())]
