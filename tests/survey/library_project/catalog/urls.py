from django.urls import path

from . import views

app_name = "books"
urlpatterns = [path("<int:pk>/", views.book, name="detail"), path("", views.book, name="list")]
