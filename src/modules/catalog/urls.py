from django.urls import path

from modules.catalog import api

urlpatterns = [
    path("products", api.ProductsView.as_view()),
    path("products/<str:sku>", api.ProductView.as_view()),
]
