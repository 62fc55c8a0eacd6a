"""Leaving for good, and coming back: a module's code goes from the monolith to its service alone, or returns.

What stays of a module that left is its folder with a manifest that says so, and the document of its endpoints; its
contract stays where it is. Nothing else in the monolith knows that it left.
"""

from extraction.departure.atomic_replace import refuse_unfinished
from extraction.departure.finishing import Departure, finish
from extraction.departure.folding import Return, fold
from extraction.departure.service_repository import Service

__all__ = ["Departure", "Return", "Service", "finish", "fold", "refuse_unfinished"]
