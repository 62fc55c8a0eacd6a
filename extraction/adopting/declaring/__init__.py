"""Mapped -> declared: a contract of what callers really use, the rooms behind it, and calls in place of imports.

usage        what code outside an app names of it, and what it reads of what it gets
types        which of that can cross a contract, told from fields and annotations
effects      which functions surely only read
draft        operations, values, and remarks on what is none
rooms        contract, manifest, queries.py and service.py
callers      calls of others go through the contract
settings     the runtime in the project's settings
"""

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring.callers import rewrite_callers
from extraction.adopting.declaring.draft import draft
from extraction.adopting.declaring.rooms import write_rooms
from extraction.adopting.declaring.settings import add_call
from extraction.adopting.declaring.usage import functions_of, usage_of
from extraction.survey.model import App


def declare(codebase: Codebase, app: App, changes: Changes) -> None:
    """Work out the stage *declared* of an app. Raises `Refused`."""
    functions = functions_of(codebase, app)
    drafted = draft(codebase, app, functions, usage_of(codebase, app, functions), changes)
    write_rooms(codebase, drafted, changes)
    rewrite_callers(codebase, drafted, changes)
    add_call(codebase, changes)
