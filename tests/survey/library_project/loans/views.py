from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.generic import DetailView

from .models import Loan


class LoanView(DetailView):
    model = Loan
    template_name = "loans/loan.html"
    success_url = reverse_lazy("books:detail")  # finds: url-name catalog

    def get_queryset(self):
        return super().get_queryset().filter(book__title="A")  # finds: spanning-lookup catalog


def book(request):
    if request.GET:
        return redirect("/books/")
    if request.POST:
        return HttpResponse("base.html")
    return render(request, "catalog/book.html")  # finds: template catalog
