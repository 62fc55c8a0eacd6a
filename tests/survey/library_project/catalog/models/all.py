from .books import *  # noqa: F403

Everything = [Book, Author, Loanable, Shelf]
