"""A forgotten password: a token by mail, good once and for an hour. The one who asks learns nothing from the answer."""

import hashlib
import uuid
from typing import TYPE_CHECKING

import jwt
import structlog
from django.conf import settings
from django.core.mail import send_mail

from seamline.accounts import tokens
from seamline.accounts.directory import Account, Directory
from seamline.accounts.errors import BadResetToken
from seamline.accounts.mails import in_background
from seamline.context import working_for
from seamline.http import access
from seamline.layout import current

if TYPE_CHECKING:
    from seamline.work.threads import Task

log = structlog.get_logger("seamline.accounts")

AUDIENCE = "password-reset"
LIFETIME_SECONDS = 3600
_MAIL = """Somebody, you we hope, forgot the password of your account at {service}.

{how}

It is good once, and for an hour. If it was not you, do nothing: your password stays what it is.
"""


def send(module: str, directory: Directory, email: str) -> None:
    """Send a token to the owner of an account, if there is one; beside the request, which takes as long without one."""

    def look_and_send(task: "Task") -> None:
        with working_for(module):
            account = directory.find_by_email(email)
            if account and account.email:
                # Not to the address that was asked for, which may be another's that reads like it (CVE-2019-19844).
                subject = f"A new password for {settings.SERVICE_NAME}"
                send_mail(
                    subject, _MAIL.format(service=settings.SERVICE_NAME, how=_how(account)), None, [account.email]
                )
                log.info("password_reset_sent", module=module, user_id=str(account.id))

    in_background(look_and_send)


def find(directory: Directory, token: str) -> Account:
    """Find the account that a token was sent for. Raises `BadResetToken`, also where its password was changed since."""
    try:
        claims = access.verify(token, AUDIENCE)
        account = directory.find_by_id(current().user_id_type(claims["sub"]))
    except (jwt.InvalidTokenError, KeyError, ValueError, AttributeError):
        raise BadResetToken() from None
    if account is None or claims.get("fits") != _digest(account):
        raise BadResetToken()
    return account


def log_in_of(account: Account) -> uuid.UUID:
    """Work out the id of the log-in that a token is good for: one for each password that is forgotten."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{account.id} {_digest(account)}")


def _how(account: Account) -> str:
    token = tokens.sign(account.id, AUDIENCE, LIFETIME_SECONDS, fits=_digest(account))
    if page := getattr(settings, "PASSWORD_RESET_URL", ""):
        return f"Choose another here: {page.replace('{token}', token)}"
    return f"Choose another with this token:\n\n{token}"


def _digest(account: Account) -> str:
    """Tell one password from the next: a token is good for the one that was forgotten."""
    return hashlib.sha256(account.password.encode()).hexdigest()[:16]
