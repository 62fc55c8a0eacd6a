from django.urls import path

from appointments import views

urlpatterns = [
    path("appointments/", views.mine),
    path("appointments/<int:pk>/settle/", views.settle),
    path("appointments/<int:pk>/settle-together/", views.settle_together),
    path("api/appointments/", views.AppointmentList.as_view()),
]
