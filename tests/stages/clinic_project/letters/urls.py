from django.urls import path

from letters import views

urlpatterns = [
    path("<int:pk>/", views.read),
    path("", views.LetterList.as_view()),
]
