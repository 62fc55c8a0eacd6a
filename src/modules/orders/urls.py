from django.urls import path

from modules.orders import api

urlpatterns = [
    path("orders", api.OrdersView.as_view()),
    path("orders/<uuid:order_id>", api.OrderView.as_view()),
    path("orders/<uuid:order_id>/status", api.OrderStatusView.as_view()),
]
