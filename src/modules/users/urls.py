from django.urls import path

from modules.users import api

urlpatterns = [
    path("users", api.UsersView.as_view()),
    path("users/me", api.MeView.as_view()),
    path("users/<uuid:user_id>", api.UserView.as_view()),
    path("users/<uuid:user_id>/points", api.PointsView.as_view()),
    path("auth/registration", api.RegistrationView.as_view()),
    path("auth/registration/confirm", api.ConfirmationView.as_view()),
    path("auth/token", api.TokenView.as_view()),
    path("auth/oauth2/token", api.OAuth2TokenView.as_view(), name="oauth2-token"),
    path("auth/token/refresh", api.RefreshView.as_view()),
    path("auth/logout", api.LogOutView.as_view()),
    path("auth/password", api.PasswordView.as_view()),
    path("auth/password/reset", api.PasswordResetView.as_view()),
    path("auth/password/new", api.NewPasswordView.as_view()),
]
