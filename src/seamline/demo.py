"""Example data for trying things out, each module's from its `demo.py`. Development only."""

from collections.abc import Iterator
from types import ModuleType

from django.contrib.auth import get_user_model

from seamline import topology
from seamline.context import working_for
from seamline.module import active

PASSWORD = "demo-password"  # noqa: S105  said wherever a login is  # nosec B105
OPERATOR = "admin"


def load() -> Iterator[str]:
    """Load what is not there yet; gives the names of the modules that got any."""
    operators = get_user_model().objects
    if not operators.filter(username=OPERATOR).exists():
        operators.create_superuser(OPERATOR, "admin@example.com", PASSWORD)
    for module, room in _rooms():
        with working_for(module):
            if room.load():
                yield module


def logins() -> Iterator[tuple[str, str]]:
    """Who may log in with `PASSWORD`, and what they are."""
    for _, room in _rooms():
        yield from getattr(room, "LOGINS", ())
    yield OPERATOR, "an operator, for /admin/"


def _rooms() -> Iterator[tuple[str, ModuleType]]:
    for module in active().values():
        if topology.current().is_here(module.name):
            try:
                yield module.name, module.room("demo")
            except ModuleNotFoundError as error:
                if error.name != f"{module.package}.demo":
                    raise
