"""What operators may see of users."""

import pytest
from django.contrib.auth.models import User as Operator
from django.test import Client

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
    assert operator.get("/admin/users/user/?email__startswith=a").status_code == 200
