from django.urls import path

from modules.parcels import api

urlpatterns = [
    path("parcels", api.ParcelsView.as_view()),
    path("parcels/<uuid:parcel_id>", api.ParcelView.as_view()),
]
