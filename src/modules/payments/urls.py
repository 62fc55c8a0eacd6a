from django.urls import path

from modules.payments import api

urlpatterns = [
    path("payments/<uuid:payment_id>", api.PaymentView.as_view()),
    path("payments/<uuid:payment_id>/refunds", api.RefundsView.as_view()),
    path("payments/callbacks/stripe", api.StripeCallbackView.as_view()),
    path("payments/callbacks/<str:provider>", api.CallbackView.as_view()),
]
