"""Registering without being told who else has: the answer is the same, and a mail says how it goes on.

Nothing is stored until the address is confirmed: the token has all that opens the account, encrypted.
"""

import base64
import hashlib
import uuid
from typing import TYPE_CHECKING

import msgspec
import structlog
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.mail import send_mail

from seamline.accounts.directory import Directory
from seamline.accounts.errors import BadConfirmationToken
from seamline.accounts.mails import in_background
from seamline.context import working_for

if TYPE_CHECKING:
    from seamline.work.threads import Task

log = structlog.get_logger("seamline.accounts")

LIFETIME_SECONDS = 24 * 3600
_FREE = """Somebody, you we hope, wants an account at {service} for this address.

{how}

It is good once, and for a day. If it was not you, do nothing: there is no account.
"""
_TAKEN = """Somebody, you we hope, wants an account at {service} for this address, which has one already.

Log in as ever; if you forgot your password, ask for another. If it was not you, do nothing.
"""


class Registration(msgspec.Struct, frozen=True):
    """What opens an account once its address is confirmed."""

    id: uuid.UUID
    """Of the account that it opens, once."""
    email: str
    """In lower case."""
    password: str
    """Hashed."""
    details: dict[str, str]
    """What else the module asks for, such as a name."""


def send(module: str, directory: Directory, registration: Registration) -> None:
    """Send to the address what comes next; beside the request, which takes as long whoever has an account."""

    def look_and_send(task: "Task") -> None:
        with working_for(module):
            taken = directory.find_by_email(registration.email) is not None
            text = _TAKEN if taken else _FREE
            body = text.format(service=settings.SERVICE_NAME, how="" if taken else _how(registration))
            send_mail(f"Your account at {settings.SERVICE_NAME}", body, None, [registration.email])
            log.info("confirmation_sent", module=module, taken=taken)

    in_background(look_and_send)


def read(token: str) -> Registration:
    """Read what a token was sent for. Raises `BadConfirmationToken`."""
    try:
        decrypted = _fernet().decrypt(token.encode(), ttl=LIFETIME_SECONDS)
        return msgspec.json.decode(decrypted, type=Registration)
    except (InvalidToken, msgspec.MsgspecError, UnicodeError):
        raise BadConfirmationToken() from None


def _how(registration: Registration) -> str:
    token = _fernet().encrypt(msgspec.json.encode(registration)).decode()
    if page := getattr(settings, "EMAIL_CONFIRMATION_URL", ""):
        return f"Confirm it here: {page.replace('{token}', token)}"
    return f"Confirm it with this token:\n\n{token}"


def _fernet() -> Fernet:
    key = hashlib.sha256(b"seam/registrations\n" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
