from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)


class Loanable(models.Model):
    title = models.CharField(max_length=80)

    class Meta:
        db_table = "things"


class Shelf(models.Model):
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)  # finds: user-key accounts
    founder = models.ForeignKey(get_user_model(), models.SET_NULL, null=True)  # finds: user-key accounts
    board = models.ManyToManyField("accounts.Reader")  # finds: many-to-many accounts


class Book(Loanable):
    authors = models.ManyToManyField(Author, related_name="books")
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="books")

    class Meta:
        ordering = ["shelf__id", "loanable_ptr__title"]


def shelved(author):
    return author.books.filter(shelf__board__isnull=True).select_related("shelf")
