from uuid import UUID

from seamline.accounts import Account, Accounts, hash_password

PASSWORD = "correct horse battery"
KEEPER = Account(UUID(int=1), hash_password(PASSWORD), "notes:write")
EMAIL = "keeper@example.com"


class Keepers:
    """Who may log in: one keeper, whom no row has to remember."""

    def find_by_email(self, email: str) -> Account | None:
        return KEEPER if email == EMAIL else None

    def find_by_id(self, user_id: UUID) -> Account | None:
        return KEEPER if user_id == KEEPER.id else None

    def store_password(self, user_id: UUID, hashed: str) -> None:
        raise NotImplementedError("the keeper keeps theirs")


ACCOUNTS = Accounts("notes", Keepers())
