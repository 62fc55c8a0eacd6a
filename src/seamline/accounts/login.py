"""Log-in: an e-mail address and a password for tokens, and a refresh token for new ones."""

from dataclasses import dataclass

from seamline.accounts import tokens
from seamline.accounts.directory import Account, Directory
from seamline.accounts.errors import BadCredentials
from seamline.accounts.passwords import is_password_of
from seamline.accounts.tokens import Tokens
from seamline.http.password_guesses import password_guesses
from seamline.http.throttling import guessing


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of one module: who has one, and the tokens that are issued for it."""

    module: str
    """Whose settings say how long tokens are good for."""
    directory: Directory

    def log_in(self, email: str, password: str, address: str) -> Tokens:
        """Issue tokens for the owner of an account, asked for from an address.

        Raises `BadCredentials`, whichever of the two is wrong, and `Throttled` where too many were.
        """
        with guessing(self.module, *password_guesses(email, address), wrong=BadCredentials):
            account = self.directory.find_by_email(email)
            return self._issue(account if is_password_of(account, password) else None)

    def refresh(self, refresh_token: str) -> Tokens:
        """Issue new tokens, with the scopes that the user has now. Raises `BadCredentials`."""
        return self._issue(self.directory.find_by_id(tokens.verify_refresh_token(refresh_token)))

    def _issue(self, account: Account | None) -> Tokens:
        if account is None:
            raise BadCredentials()
        return tokens.issue(self.module, account.id, account.scopes)
