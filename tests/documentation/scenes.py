"""What has happened before, by the name that a page has for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from seamline.development.embedded_postgres import EmbeddedPostgres, binaries
from tests.bare_postgres import as_superuser, bare_postgres
from tests.documentation import pages
from tests.processes import REPOSITORY
from tests.tools import require_tool

if TYPE_CHECKING:
    from tests.documentation.desk import Desk

STARS = {
    "contracts/reviews.py": (
        ("\n\nclass Review(", "\nStars = Annotated[int, msgspec.Meta(ge=1, le=5, examples=[4])]\n\n\nclass Review("),
        ("    created_at: AwareDatetime\n", "    created_at: AwareDatetime\n    stars: Stars = 5\n"),
        ("title: Title) -> Review", "title: Title, stars: Stars = 5) -> Review"),
    ),
    "src/modules/reviews/models.py": (
        ("    created_at", "    stars = models.PositiveSmallIntegerField(default=5)\n    created_at"),
    ),
    "src/modules/reviews/service.py": (
        ("ReviewAdded, Title", "ReviewAdded, Stars, Title"),
        ("title: Title) -> Review", "title: Title, stars: Stars = 5) -> Review"),
        ('"title": title}', '"title": title, "stars": stars}'),
    ),
    "src/modules/reviews/queries.py": (("row.created_at)", "row.created_at, row.stars)"),),
    "src/modules/reviews/api.py": (
        ("Review, Title,", "Review, Stars, Title,"),
        ("    title: Title\n", "    title: Title\n    stars: Stars = 5\n"),
        ("body.title)", "body.title, body.stars)"),
    ),
}
"""What a reader makes of the lines in docs/add-a-module.md."""


LATER = """## Unreleased

## 1.0.0

### Upgrade

- Set `SAY_HELLO` before it starts.

### Security

- A request that nobody may make is refused.

## 0.0.1

"""
"""What the changelog has of a version that docs/upgrade.md goes to, and of a beginning."""


def five_minutes(desk: Desk) -> None:
    """The first block of README's tour, which has a token and `shop`."""
    commands = (step for step in pages.steps(REPOSITORY / "README.md") if isinstance(step, pages.Command))
    for _ in range(2):
        desk.follow(next(commands))


def orders(desk: Desk) -> None:
    body = """{"lines": [{"sku": "TEAPOT", "quantity": 1}], "payment_method": "sandbox:approve"}"""
    desk.type(f"""
        for _ in 1 2 3 4; do
            order=$(shop /orders -d '{body}' | sed 's/^{{"id":"\\([^"]*\\).*/\\1/')
            shop /orders/$order && shop /orders/$order
        done
    """)


def stars(desk: Desk) -> None:
    for name, changes in STARS.items():
        path = desk.root / name
        text = path.read_text()
        for old, new in changes:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new, 1)
        path.write_text(text)


def later_version(desk: Desk) -> None:
    """What a release changes: its version, its changelog, and a file that everybody has."""
    changes = {
        "src/seamline/__init__.py": (r"(?m)^__version__ = .*$", '__version__ = "1.0.0"'),
        "deployable.mk": (r"^# What can be done with a deployable\.", "# What can be done with each deployable."),
        "CHANGELOG.md": (r"(?m)^## Unreleased\n", LATER),
    }
    for path, (old, new) in changes.items():
        text, times = re.subn(old, new, (desk.root / path).read_text(), count=1)
        assert times, f"{path} has no {old}"
        (desk.root / path).write_text(text)
    desk.type("git commit --quiet --all --message 'Release 1.0.0' && git tag v1.0.0")


def dead_events(desk: Desk) -> None:
    script = Path(__file__).with_name("dead_events.py")
    desk.type(f"""python manage.py shell -c "$(cat '{script}')" """)


def delivered(desk: Desk) -> None:
    desk.type("until python manage.py events status | awk 'NR > 1 && $3 + $4 > 0 { exit 1 }'; do sleep 0.2; done")


def server(desk: Desk) -> None:
    """The address of the monolith's server, and PostgreSQL's programs of its version."""
    url = urlsplit(EmbeddedPostgres(desk.root / "var" / "postgres").url)
    place = dict(parse_qsl(url.query))
    address = f"postgresql://{url.username}@{quote(place['host'], safe='')}:{place['port']}"
    desk.type(f"SERVER='{address}'; PATH='{binaries()}':$PATH")


def bare_server(desk: Desk) -> None:
    """A machine with Debian's PostgreSQL, just installed.

    `sudo -u postgres` becomes that user without being asked for a password, finds the server, and types the password
    that the page has wherever it is asked for one.
    """
    port = desk.ports["5432"]
    place = desk.stack.enter_context(bare_postgres(port))
    programs = Path(require_tool("initdb")).parent
    address = f"env PGHOST={place} PGPORT={port} PGUSER=postgres PATH={programs}:/usr/bin:/bin"
    sudo = desk.folder / "bin" / "sudo"
    sudo.write_text(
        f"""#!/bin/sh\nshift 2\ncd /\nprintf 'PASSWORD\\nPASSWORD\\n' | {" ".join(as_superuser())} {address} "$@"\n"""
    )
    sudo.chmod(0o755)


SCENES: dict[str, Callable[[Desk], None]] = {
    "a later version is here": later_version,
    "events are delivered": delivered,
    "the five minutes": five_minutes,
    "four orders were placed, and looked at twice": orders,
    "reviews have stars": stars,
    "users cannot handle two events": dead_events,
    "where the server is": server,
    "a PostgreSQL server was installed": bare_server,
}
