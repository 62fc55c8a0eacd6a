"""What the database itself refuses, whoever asks."""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from contracts.orders import OrderCreated
from modules.users import service
from seamline.contract import Money
from seamline.databases import cursor, transaction
from seamline.testing import deliver

pytestmark = pytest.mark.django_db(databases=["users"])


@pytest.fixture(autouse=True)
def points() -> None:
    """Somebody with 25 points."""
    ada = service.register(uuid4(), "ada@example.com", "correct horse battery", "Ada")
    deliver(OrderCreated(uuid4(), ada.id, Money(2500, "EUR")), to="users")


@pytest.mark.parametrize(
    ("refused_by", "statement"),
    [
        (
            "UPDATE of users_pointsentry refused",
            "UPDATE users_pointsentry SET points = 1000",
        ),
        (
            "DELETE of users_pointsentry refused",
            "DELETE FROM users_pointsentry",
        ),
        (
            "points_once_per_order_and_reason",
            "INSERT INTO users_pointsentry (order_id, user_id, points, reason, created_at) SELECT order_id,"
            " user_id, points, reason, now() FROM users_pointsentry",
        ),
        (
            "points_earned_or_taken_back",
            "INSERT INTO users_pointsentry (order_id, user_id, points, reason, created_at) SELECT order_id,"
            " user_id, 1, 'taken_back', now() FROM users_pointsentry",
        ),
        (
            "users_user_email_key",
            "INSERT INTO users_user SELECT gen_random_uuid(), email, password, nickname, scopes, true,"
            " now() FROM users_user",
        ),
    ],
)
def test_the_database_refuses(refused_by: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match=refused_by), transaction("users"), cursor("users") as sql:
        sql.execute(statement)
