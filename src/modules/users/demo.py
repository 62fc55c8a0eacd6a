from uuid import UUID

from django.contrib.auth.hashers import make_password

from modules.users.models import User
from seamline.databases import transaction
from seamline.demo import PASSWORD

STAFF_SCOPES = "users:read catalog:write inventory:write orders:write payments:write"
LOGINS = (("ada@example.com", "a user"), ("staff@example.com", "a user with staff scopes"))
PEOPLE = (
    (UUID("0000000a-da00-4000-8000-000000000001"), "ada@example.com", "Ada", ""),
    (UUID("0000000a-da00-4000-8000-000000000002"), "staff@example.com", "Staff", STAFF_SCOPES),
)


def load() -> bool:
    """A customer and a member of staff; whether they were new."""
    with transaction("users"):
        if User.objects.filter(id__in=[person[0] for person in PEOPLE]).exists():
            return False
        for user_id, email, nickname, scopes in PEOPLE:
            hashed = make_password(PASSWORD)
            User.objects.create(id=user_id, email=email, nickname=nickname, scopes=scopes, password=hashed)
    return True
