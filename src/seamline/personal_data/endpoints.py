"""What a person asks for themselves: all that is stored of them, and that it is erased (GDPR, articles 15, 17, 20)."""

from django.conf import settings
from django.http import Http404
from rest_framework.request import Request

from seamline.contract import Category, ContractError, Value
from seamline.http import Endpoint, Throttle, endpoint, user
from seamline.personal_data import requests
from seamline.personal_data.facet import Erased, Record


class NotAllErased(ContractError, category=Category.UNAVAILABLE):
    """Some modules could not be reached; the account stays until they could. Ask again."""

    modules: tuple[str, ...]


class NotAllThere(ContractError, category=Category.UNAVAILABLE):
    """Some modules could not be reached, and what they have would be missing. Ask again."""

    modules: tuple[str, ...]


class StoredRecords(Value):
    """What one module has of a person, of one kind."""

    module: str
    kind: str
    records: tuple[Record, ...]


class StoredData(Value):
    """All that is stored of a person."""

    stored: tuple[StoredRecords, ...]


class ErasedRecords(Value):
    """What became of what one module had of a person."""

    module: str
    erased: tuple[Erased, ...]


class ErasedData(Value):
    """What became of all that was stored of a person."""

    modules: tuple[ErasedRecords, ...]


class PersonalDataView(Endpoint):
    @endpoint(access=user, returns=StoredData, raises=(NotAllThere,), throttle=Throttle(10, 3600, name="exports"))
    def get(self, request: Request) -> StoredData:
        """Read all that is stored of oneself."""
        _refuse_part_of_a_system()
        found = requests.export(str(self.user.id))
        if found.unanswered:
            raise NotAllThere(tuple(found.unanswered))
        return StoredData(
            tuple(
                StoredRecords(module, kind, tuple(records))
                for module, kinds in found.records.items()
                for kind, records in kinds.items()
            )
        )

    @endpoint(access=user, returns=ErasedData, raises=(NotAllErased,), throttle=Throttle(10, 3600, name="erasures"))
    def delete(self, request: Request) -> ErasedData:
        """Erase oneself.

        The account is closed, and all is deleted but for what has to be kept, which then names nobody.
        """
        _refuse_part_of_a_system()
        found = requests.erase(str(self.user.id))
        if found.unanswered:
            raise NotAllErased(tuple(found.unanswered))
        return ErasedData(tuple(ErasedRecords(*each) for each in found.erased.items()))


def _refuse_part_of_a_system() -> None:
    """Leave it to the gateway, which reaches all: one service alone would close an account and leave the rest."""
    if settings.GATEWAY_URL:
        raise Http404
