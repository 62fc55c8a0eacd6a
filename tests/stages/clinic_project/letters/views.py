from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from letters.models import Letter


@login_required(login_url="/login/")
def read(request: HttpRequest, pk: int) -> HttpResponse:
    letter = get_object_or_404(Letter, pk=pk)
    if request.method == "POST":
        letter.text = request.POST["text"]
        letter.save()
    return HttpResponse(f"{letter} ({request.user.username}, {request.user.pk})")


class LetterList(APIView):
    permission_classes = [DjangoModelPermissions]
    queryset = Letter.objects.all()

    def get(self, request: Request) -> Response:
        return Response({"letters": self.queryset.all().count(), "reader": request.user.pk})

    def post(self, request: Request) -> Response:
        letter = Letter.objects.create(invoice=request.data["invoice"], text=request.data["text"])
        return Response({"letter": letter.pk}, status=201)
