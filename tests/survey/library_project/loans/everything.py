from catalog.models.all import *  # finds: import catalog

if True:

    class Diary(Loanable):  # finds: concrete-model catalog
        pass


def shelves():
    return Shelf.objects.filter(board__nickname="")  # finds: spanning-lookup accounts
