from .books import Author, Book, Loanable, Shelf

__all__ = ["Author", "Book", "Loanable", "Shelf"]
