"""What operators may see of users."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User as Operator
from django.test import Client

from modules.users import service

pytestmark = pytest.mark.django_db(databases=["default", "users"])


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(Operator.objects.create_superuser("operator"))
    return client


@pytest.mark.parametrize("page", ["user/?password__startswith=s", "pointsentry/?user__password__startswith=s"])
def test_a_password_cannot_be_read_out_by_filters(operator: Client, page: str) -> None:
    assert operator.get(f"/admin/users/{page}").status_code == 400


def test_users_are_filtered_by_what_is_shown(operator: Client) -> None:
    assert operator.get("/admin/users/user/?is_active__exact=1").status_code == 200
    assert operator.get("/admin/users/user/?email__startswith=a").headers["Location"].endswith("?e=1")


def test_a_user_is_found_by_the_whole_of_an_address(operator: Client) -> None:
    ada = service.register(uuid4(), "ada@example.com", "correct horse battery", "Ada")
    assert str(ada.id) in operator.get("/admin/users/user/?q=Ada@Example.com").text
    assert str(ada.id) not in operator.get("/admin/users/user/?q=ada").text
