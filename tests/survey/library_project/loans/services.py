from __future__ import annotations

from typing import TYPE_CHECKING

import catalog.models as books  # finds: import catalog
from catalog.models import Author, Book  # finds: import catalog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Count, F, Prefetch, Q
from shared import text  # finds: import shared

from . import models
from .models import Loan

if TYPE_CHECKING:
    from accounts.models import Reader  # finds: import-for-types accounts

Author_ = apps.get_model("catalog", "Author")  # finds: get-model catalog
Own = apps.get_model("loans.Loan")


class Slip(text.Printer):  # finds: inheritance shared
    pass


def readers():
    from accounts import models as people  # finds: import-in-function accounts

    return people.Reader, get_user_model()  # finds: user-model accounts


def accessors(author: Author, reader: Reader, settings, request):
    author.books.all()  # finds: reverse-accessor catalog
    reader.loan_set.count()
    request.user.sponsored.exists()  # finds: reverse-accessor accounts
    reader.card  # finds: reverse-accessor accounts
    settings.books.clear
    models.loans = books
    return reader.username


def lookups():
    own = Loan.objects.filter(due__gte=1, book__in=[1], book__id=2, reader_id=3)
    own = own.exclude(book__title="A")  # finds: spanning-lookup catalog
    own = own.order_by("-reader__nickname", "due")  # finds: spanning-lookup accounts
    own.filter(Q(due=1) | Q(book__shelf__isnull=True))  # finds: spanning-lookup catalog
    own.values("id", "book__authors__name")  # finds: spanning-lookup catalog
    own.annotate(writers=Count("book__authors"))  # finds: spanning-lookup catalog
    own.annotate(at=F("book__shelf"))  # finds: spanning-lookup catalog
    return {"book__title": 1}.get("book__title"), "book__title"


def loads():
    Loan.objects.select_related("book__shelf")  # finds: joined-load catalog
    Loan.objects.prefetch_related(Prefetch("book"), "journal_set")  # finds: joined-load catalog
    return Book.objects.select_related("shelf"), Loan.objects.select_related()


def kinds():
    ContentType.objects.get_for_model(Loan)
    return ContentType.objects.get_for_model(Book)  # finds: generic-relation catalog


def raw():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM loans_loan WHERE due < now()")
        cursor.execute(
            """
            SELECT author.name
            FROM loans_loan
            JOIN catalog_author author ON true -- finds: raw-sql catalog
            JOIN things ON true -- finds: raw-sql catalog
            """
        )
        cursor.execute(f"UPDATE {'x'} SET a = 1 FROM catalog_book_authors")  # finds: raw-sql catalog
    return "Things go from the catalog_author to a reader", "things"


@transaction.atomic
def lend(book: Book, reader):
    loan = Loan.objects.create(book=book, reader=reader)
    book.save()  # finds: shared-transaction catalog
    return loan


def renew(loan, book: Book):
    with transaction.atomic():
        loan.save()
        Loan.objects.filter(pk=1).update(due=2)
    book.save()
