from django.urls import path

from acme.parts.parcels import api

urlpatterns = [path("parcels/<int:number>", api.ParcelView.as_view())]
