"""What two versions of the runtime have in common where they meet: on the wire, and in the tables they share.

It imports nothing of Django, so that a tool reads it as well. The decision is ADR 15.
"""

WIRE = 1
"""Version of contract calls and deliveries, as this runtime writes them; told in the header `X-Wire-Version`."""
READ_WIRES = (1,)
"""Those that it reads. A new one is read by one minor version before the next writes it, so that those two meet."""
TABLES = 6
"""Version of the runtime's own tables: the number of its last migration."""
CONTRACTS = "contract"
"""Second word of the name of a migration that takes away what the version before this one still needs."""


def read_wire(header: str | None) -> int:
    """Read what a peer says in `X-Wire-Version`; one that says nothing writes the first. Raises `Unmet`."""
    if header is None:
        return 1
    if header.isascii() and header.isdecimal() and int(header[:9]) in READ_WIRES:
        return int(header)
    readable = " and ".join(map(str, READ_WIRES))
    raise Unmet(f"wire version {header[:20]!r} is not understood here, but {readable}: update the older one first")


def refuse_later(applied: list[str]) -> None:
    """Look at the names of the runtime's migrations that a database has. Raises `Unmet`.

    Those of later versions only add, and are borne; but for one that takes away what this version needs.
    """
    for name in sorted(applied):
        number, _, rest = name.partition("_")
        if number.isdecimal() and int(number) > TABLES and rest.split("_")[0] == CONTRACTS:
            raise Unmet(
                f"its tables are of version {int(number)}, which took away what version {TABLES} needs ({name}): "
                "run the version of the runtime that migrated it, or a later one"
            )


class Unmet(ValueError):
    """Two versions cannot meet; the message says which, and what to do."""
