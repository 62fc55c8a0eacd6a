"""Who has an account: asked of the module that has a row for each."""

from dataclasses import dataclass
from typing import Protocol

from seamline.http.access import UserId


@dataclass(frozen=True, slots=True)
class Account:
    """What of a user a log-in has to know."""

    id: UserId
    password: str
    """Hashed."""
    scopes: str
    """Words such as `parcels:write`, with spaces between."""
    email: str = ""
    """As it is stored: where mails go, whatever way of writing it the account was found by."""
    known: tuple[str, ...] = ()
    """What else others may know of its owner, such as a name: no password may be made of it."""


class Directory(Protocol):
    """Find accounts, and change passwords. An account that is closed is not found."""

    def find_by_email(self, email: str) -> Account | None:
        """Find the account of an e-mail address, however it is written."""

    def find_by_id(self, user_id: UserId) -> Account | None:
        """Find an account that a token was issued for."""

    def store_password(self, user_id: UserId, hashed: str) -> None:
        """Give an account another password, which is hashed already."""
