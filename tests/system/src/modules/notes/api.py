from uuid import UUID

from rest_framework.request import Request

from contracts.notes import Note
from modules.notes import queries
from modules.notes.accounts import ACCOUNTS
from seamline import accounts
from seamline.contract import Value
from seamline.http import Endpoint, endpoint, public


class NotesOfParcel(Value):
    """All that was noted about a parcel, oldest first."""

    notes: tuple[Note, ...]


class KeeperTokenView(accounts.TokenView):
    accounts = ACCOUNTS


class KeeperRefreshView(accounts.RefreshView):
    accounts = ACCOUNTS


class NotesView(Endpoint):
    @endpoint(access=public, returns=NotesOfParcel)
    def get(self, request: Request, parcel_id: UUID) -> NotesOfParcel:
        """List the notes about a parcel."""
        return NotesOfParcel(queries.about(parcel_id))
