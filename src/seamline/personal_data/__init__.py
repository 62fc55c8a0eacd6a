"""What is stored of one person: every module answers for its own tables, wherever it lives.

    modules/parcels/personal_data.py        PERSONAL_DATA: which rows are whose, what of them is told, what erasure does
            │  by the personal-data facet, a further contract that every module serves
    manage.py personal_data, /api/v1/personal-data
            │
    all modules, one after the other        one export, one erasure

Erasing is repeatable: what is erased already stays so, and what could not be reached is told.
"""

from seamline.personal_data.declarations import DELETED, Kept, Overwritten, PersonalData
from seamline.personal_data.requests import Erasure, Export, erase, export, find_person
from seamline.personal_data.rotation import NotReady, rotate

__all__ = [
    "DELETED",
    "Erasure",
    "Export",
    "Kept",
    "NotReady",
    "Overwritten",
    "PersonalData",
    "erase",
    "export",
    "find_person",
    "rotate",
]
