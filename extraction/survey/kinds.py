"""The kinds of coupling, what each costs an app that leaves, and what to do about it."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """A way in which one app can depend on another."""

    name: str
    title: str
    weight: float
    """What one more distinct thing of this kind adds to the price of leaving."""
    remedy: str


_KINDS = (
    Kind("import", "imports", 1, "call it through a contract, or move what is shared into a library"),
    Kind("import-in-function", "imports in functions", 1, "call it through a contract; an import that hides is one"),
    Kind("import-for-types", "imports for types", 0.2, "take the type from the contract"),
    Kind("inheritance", "inherited classes", 1, "move the base class into a library that travels along"),
    Kind("abstract-model", "inherited abstract models", 2, "move the base model into a library that travels along"),
    Kind("concrete-model", "rows shared by model inheritance", 8, "own the row: replace the parent by an id"),
    Kind("foreign-key", "foreign keys", 4, "keep the column as an id, and ask the owner for the rest"),
    Kind("user-key", "foreign keys to the user", 2, "keep the column as a user's id"),
    Kind("one-to-one", "one-to-one keys", 4, "keep the column as an id, unique in its own table"),
    Kind("many-to-many", "many-to-many tables", 5, "own the table between: two columns of ids"),
    Kind("generic-relation", "generic relations", 4, "name the thing by a kind and an id of your own"),
    Kind("get-model", "models by name", 2, "call the owner through a contract"),
    Kind("user-model", "uses of the user model", 1, "ask the owner of the users for what is needed of them"),
    Kind("signal", "signals of others", 4, "subscribe to an event of the owner"),
    Kind("signal-of-all", "signals without a sender", 3, "name the sender, or subscribe to an event of each owner"),
    Kind("reverse-accessor", "reverse accessors", 3, "ask the owner with a query"),
    Kind(
        "spanning-lookup", "lookups over a boundary", 3, "keep a copy of what is filtered by, or ask the owner for ids"
    ),
    Kind("joined-load", "loads over a boundary", 2, "ask the owner for many at once"),
    Kind("migration-dependency", "migrations' dependencies", 0.5, "begin again with an initial migration of its own"),
    Kind("migration-import", "imports in migrations", 0.5, "squash it away, or copy what it needs"),
    Kind("migration-model", "others' models in migrations", 0.5, "squash it away; its work is done"),
    Kind("raw-sql", "others' tables in SQL", 5, "ask the owner with a query"),
    Kind("template", "templates of others", 1, "copy the template, or compose pages at the edge"),
    Kind("url-name", "URL names of others", 0.5, "have the address as a setting or in a contract"),
    Kind("shared-transaction", "shared transactions", 8, "make a saga of it, or let an event carry the second write"),
    Kind("cascade", "cascades", 3, "delete by an event of the owner, and say what happens meanwhile"),
)
KINDS = MappingProxyType({kind.name: kind for kind in _KINDS})
IMPORTS = ("import", "import-in-function", "import-for-types")
KEYS = ("foreign-key", "user-key", "one-to-one", "many-to-many")
TRAVELLING = frozenset({*IMPORTS, "inheritance", "abstract-model", "template"})
"""What a library that travels along would still give."""
