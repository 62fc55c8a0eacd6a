from catalog.models import Book


def test_book():
    assert Book.objects.filter(shelf__keeper__nickname="a")
