"""The command that appoints staff."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from modules.users import service
from modules.users.models import User

pytestmark = pytest.mark.django_db(databases=["users"])


@pytest.fixture
def ada() -> User:
    return service.register(uuid4(), "ada@example.com", "correct horse battery", "Ada")


def staff(*arguments: str) -> str:
    out = StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


def test_scopes_are_granted_shown_and_revoked(ada: User) -> None:
    assert staff("Ada@Example.com") == f"{ada.id}: no scopes\n"
    assert staff("ada@example.com", "--grant", "orders:write", "catalog:write").endswith("catalog:write orders:write\n")
    staff("ada@example.com", "--grant", "orders:write", "--revoke", "catalog:write")
    ada.refresh_from_db()
    assert ada.scopes == "orders:write"


def test_nobody_is_appointed_who_is_not_registered() -> None:
    with pytest.raises(CommandError, match="register first"):
        staff("nobody@example.com", "--grant", "orders:write")


@pytest.mark.parametrize("scope", ["orders", "orders:write payments:write", "", "Orders:Write"])
def test_what_is_no_scope_is_refused(ada: User, scope: str) -> None:
    with pytest.raises(CommandError, match="is no scope"):
        staff("ada@example.com", "--grant", scope)
    ada.refresh_from_db()
    assert ada.scopes == ""
