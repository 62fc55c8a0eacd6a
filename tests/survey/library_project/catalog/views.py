from catalog.models import Book
from django.shortcuts import redirect, render
from django.urls import reverse


def book(request, pk=None):
    if pk is None:
        return redirect("books:list")
    found = Book.objects.filter(shelf__keeper=request.user).get(pk=pk)
    return render(request, "catalog/book.html", {"book": found, "next": reverse("books:detail", args=[pk])})


def kept_by(name):
    return Book.objects.filter(shelf__keeper__nickname=name)  # finds: spanning-lookup accounts
