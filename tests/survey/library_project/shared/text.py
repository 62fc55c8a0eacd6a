def shorten(text, to=40):
    return text[:to]


class Printer:
    """Prints what library.catalog has, see catalog.models.Book and catalog_book."""
