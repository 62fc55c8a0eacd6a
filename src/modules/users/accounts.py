from uuid import UUID

from django.db.models import Q

from modules.users import service
from modules.users.models import User
from seamline.accounts import Account, Accounts, Registration
from seamline.encryption import matches


class Members:
    """Who may log in: the users whose account is open."""

    def find_by_email(self, email: str) -> Account | None:
        return self._find(matches("email", email))

    def find_by_id(self, user_id: UUID) -> Account | None:
        return self._find(Q(id=user_id))

    def store_password(self, user_id: UUID, hashed: str) -> None:
        User.objects.filter(id=user_id).update(password=hashed)

    def _find(self, which: Q) -> Account | None:
        user = User.objects.filter(which, is_active=True).first()
        return Account(user.id, user.password, user.scopes, user.email, (user.nickname,)) if user else None


def open_account(confirmed: Registration) -> Account | None:
    nickname = confirmed.details["nickname"]
    user, is_new = service.open_account(confirmed.id, confirmed.email, confirmed.password, nickname)
    return Members().find_by_id(user.id) if user and is_new else None


ACCOUNTS = Accounts("users", Members(), open_account)
