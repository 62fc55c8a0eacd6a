from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from modules.gadgets import queries, words
from modules.gadgets.middleware import TooHot
from seamline.module import setting


def page(request: HttpRequest, gadget_id: UUID) -> HttpResponse:
    """A gadget, for people."""
    shown = {
        "gadget": queries.row_of(gadget_id),
        "colour": setting("gadgets", "COLOUR"),
        "praise": words.in_html("*clever*"),
        "format": words.format_name(),
    }
    return render(request, "gadgets/gadget.html", shown)


def manual(request: HttpRequest, gadget_id: UUID) -> FileResponse:
    """A gadget's manual, to be kept."""
    return FileResponse(queries.row_of(gadget_id).manual.open(), as_attachment=True)


def heat(request: HttpRequest) -> HttpResponse:
    """What no gadget stands."""
    raise TooHot


urlpatterns = [
    path("gadgets/heat", heat),
    path("gadgets/<uuid:gadget_id>", page),
    path("gadgets/<uuid:gadget_id>/manual", manual),
]
