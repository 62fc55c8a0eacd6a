from collections.abc import Set
from uuid import UUID

from contracts.users import UserRegistered
from modules.users import queries
from modules.users.errors import EmailTaken
from modules.users.models import PointsEntry, User
from seamline.accounts import hash_password
from seamline.contract import Money
from seamline.databases import insert_new, one_at_a_time, transaction
from seamline.encryption import matches
from seamline.events import publish


def register(user_id: UUID, email: str, password: str, nickname: str) -> User:
    """Open an account, once for each id. Raises `EmailTaken` or `WeakPassword`."""
    user, _ = open_account(user_id, email, hash_password(password, email, nickname), nickname)
    if user is None:
        raise EmailTaken()
    return user


def open_account(user_id: UUID, email: str, hashed: str, nickname: str) -> tuple[User | None, bool]:
    """Open an account, once for each id; and whether it is new. None where another has the address."""
    user = User(id=user_id, email=email.lower(), password=hashed, nickname=nickname)
    with transaction("users"):
        # While keys rotate, two of the same address may have digests that differ.
        one_at_a_time("users", user.email)
        if not User.objects.filter(matches("email", email)).exists() and insert_new(user, "email_digest"):
            publish(UserRegistered(user.id, nickname))
            return user, True
    return User.objects.filter(matches("email", email), id=user_id).first(), False


def rename(user_id: UUID, nickname: str) -> User:
    """Give a user another nickname. Raises `UnknownUser`."""
    with transaction("users"):
        user = queries.active_user(user_id)
        user.nickname = nickname
        user.save(update_fields=["nickname"])
    return user


def change_scopes(email: str, grant: Set[str], revoke: Set[str]) -> User | None:
    """Change what an account may do, from its next token on; None where there is no such account."""
    with transaction("users"):
        user = User.objects.select_for_update().filter(matches("email", email)).first()
        if user:
            user.scopes = " ".join(sorted(({*user.scopes.split()} | grant) - revoke))
            user.save(update_fields=["scopes"])
    return user


def credit_points(user_id: UUID, order_id: UUID, total: Money) -> None:
    """One point for each whole unit of currency, once per order. In the transaction of the event that tells of it."""
    _enter(user_id, order_id, total.whole_units, PointsEntry.Reason.ORDER)


def take_points_back(order_id: UUID) -> None:
    """Take back what an order earned, once; nothing where it earned nothing. In the transaction of the event."""
    earned = PointsEntry.objects.filter(order_id=order_id, reason=PointsEntry.Reason.ORDER).first()
    if earned:
        _enter(earned.user_id, order_id, -earned.points, PointsEntry.Reason.TAKEN_BACK)


def _enter(user_id: UUID, order_id: UUID, points: int, reason: PointsEntry.Reason) -> None:
    insert_new(PointsEntry(user_id=user_id, order_id=order_id, points=points, reason=reason), "order_id", "reason")
