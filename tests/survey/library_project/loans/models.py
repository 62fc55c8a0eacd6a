from catalog.models import Book, Loanable  # finds: import catalog
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Loan(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="loans")  # finds: foreign-key catalog, cascade catalog
    reader = models.ForeignKey(  # finds: user-key accounts
        to="accounts.Reader",
        on_delete=models.PROTECT,
    )
    shelf = models.OneToOneField("catalog.Shelf", models.SET_NULL, null=True)  # finds: one-to-one catalog
    notes = GenericRelation("penalties.Note")  # finds: generic-relation penalties
    due = models.DateField()

    @property
    def loans(self):
        return self.book_id


class Mark(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    marked = GenericForeignKey()


class Journal(Loanable):  # finds: concrete-model catalog
    loan = models.ForeignKey(Loan, models.CASCADE)
