from accounts.signals import reader_left  # finds: import accounts
from catalog.models import Book, Shelf  # finds: import catalog
from django.apps import apps
from django.db.models import signals
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver

from .models import Loan


@receiver(post_save, sender=Loan)
def own(**kwargs): ...


@receiver(post_save, sender=Book)  # finds: signal catalog
@receiver([pre_save], sender="catalog.Book")  # finds: signal catalog
def of_books(**kwargs): ...


@receiver(post_delete)  # finds: signal-of-all (every app)
def of_all(**kwargs): ...


@receiver(reader_left)  # finds: signal accounts
def left(**kwargs): ...


def connect(database):
    signals.post_save.connect(of_books, sender=apps.get_model("catalog", "Author"))  # finds: signal catalog
    m2m_changed.connect(of_books, sender=Shelf.board.through)  # finds: signal catalog
    post_save.connect(own, Loan)
    database.connect(of_all)
