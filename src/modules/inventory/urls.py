from django.urls import path

from modules.inventory import api

urlpatterns = [
    path("stock/<str:sku>", api.StockView.as_view()),
    path("stock/<str:sku>/adjustments", api.AdjustmentsView.as_view()),
]
