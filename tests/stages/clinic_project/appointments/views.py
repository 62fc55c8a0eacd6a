from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from appointments.models import Appointment
from contracts.billing import AlreadyCharged, Billing
from seamline.calls import call


@login_required(login_url="/login/")
def mine(request: HttpRequest) -> HttpResponse:
    numbers = Appointment.objects.filter(patient=request.user).values_list("pk", flat=True)
    return HttpResponse(f"{request.user.username} ({request.user.pk}): {', '.join(map(str, numbers))}")


@csrf_exempt
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    appointment = get_object_or_404(Appointment, pk=pk)
    try:
        invoice = call(Billing).charge(appointment.pk, appointment.cents)
    except AlreadyCharged as error:
        return JsonResponse({"code": error.code, "appointment": error.appointment}, status=409)
    return JsonResponse({"invoice": invoice.number, "owed": call(Billing).owed(appointment.pk)})


@csrf_exempt
def settle_together(request: HttpRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        response = settle(request, pk)
        if request.GET.get("undo"):
            transaction.set_rollback(True)
    return response


class AppointmentList(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"appointments": [a.pk for a in Appointment.objects.filter(patient=request.user)]})
