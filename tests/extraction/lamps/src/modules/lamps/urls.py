from django.urls import path

from modules.lamps import api

urlpatterns = [path("lamps/maker", api.MakerView.as_view()), path("lamps/<uuid:lamp_id>", api.LampView.as_view())]
