"""What is refused to whoever logs in or registers."""

from seamline.contract import Category, ContractError


class BadCredentials(ContractError, category=Category.UNAUTHENTICATED):
    """The email and password, or the token, are not right."""


class WeakPassword(ContractError, category=Category.INVALID):
    """The password is too easy to guess."""

    reason: str


class BadConfirmationToken(ContractError, category=Category.UNAUTHENTICATED):
    """The token is not right, was used, or is older than a day; register again."""


class ConfirmationRequired(ContractError, category=Category.FORBIDDEN):
    """Accounts are opened once their e-mail address is confirmed: register at `/auth/registration`."""


class BadResetToken(ContractError, category=Category.UNAUTHENTICATED):
    """The token is not right, was used, or is older than an hour; ask for another."""
