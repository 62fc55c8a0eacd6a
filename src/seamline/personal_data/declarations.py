"""What a module says in its `personal_data.py`: which rows are a person's, and what becomes of them on erasure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from seamline.databases import transaction
from seamline.encryption import EncryptedField

Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows go."""

    def apply(self, rows: Rows) -> int:
        """Erase; how many rows that were."""
        return rows.delete()[0]


DELETED = Deleted()


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows stay, because a law wants them: they hold no more than the person's id, which then stands for nobody."""

    because: str

    def apply(self, rows: Rows) -> int:
        """Do nothing."""
        return 0


@dataclass(frozen=True, slots=True)
class Overwritten:
    """The rows stay, without what tells whose they are: values, or expressions, by column."""

    values: Mapping[str, Any]
    because: str = ""

    def apply(self, rows: Rows) -> int:
        """Overwrite those that are not yet; how many rows that were."""
        return rows.exclude(**self._constants(rows)).update(**self.values)

    def _constants(self, rows: Rows) -> dict[str, Any]:
        """Return what may be compared in SQL, by which a row is known that was overwritten."""
        return {
            name: value
            for name, value in self.values.items()
            if not hasattr(value, "resolve_expression")
            and not isinstance(rows.model._meta.get_field(name), EncryptedField)
        }


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Rows of one kind that are somebody's."""

    kind: str
    rows_of: Callable[[Any], Rows]
    """The rows of a person, by their id."""
    fields: Sequence[str]
    """What the person is told of a row, by name: no password, and nothing of another person's."""
    on_erasure: Deleted | Kept | Overwritten
    key: str = "pk"
    """What the rows are told apart by, and told in the order of."""

    def erase(self, module: str, person: Any) -> int:
        """Erase what is a person's; how many rows were changed."""
        with transaction(module):
            return self.on_erasure.apply(self.rows_of(person))

    @property
    def kept_because(self) -> str:
        """Why rows stay, if they do."""
        return "" if isinstance(self.on_erasure, Deleted) else self.on_erasure.because
