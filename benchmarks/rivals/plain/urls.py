from django.urls import path

from benchmarks.rivals.plain import views

urlpatterns = [
    path("api/v1/orders", views.place),
    path("api/v1/orders/<uuid:order_id>", views.order),
    path("api/v1/products", views.products),
    path("sql/orders/<uuid:order_id>", views.order_sql),
    path("sql/products", views.products_sql),
    path("drf/orders/<uuid:order_id>", views.order_drf),
    path("drf/products", views.products_drf),
]
