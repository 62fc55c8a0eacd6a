from seamline.contract import Category, ContractError


class EmailTaken(ContractError, category=Category.CONFLICT):
    """There is an account with this email already."""


class WeakPassword(ContractError, category=Category.INVALID):
    """The password is too easy to guess."""

    reason: str


class BadCredentials(ContractError, category=Category.UNAUTHENTICATED):
    """The email and password, or the token, are not right."""
