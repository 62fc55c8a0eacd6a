"""From log-in to log-out: a password for tokens, a refresh token for new ones, another password."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from seamline.accounts import log_ins, registrations, resets, tokens
from seamline.accounts.directory import Account, Directory
from seamline.accounts.errors import BadConfirmationToken, BadCredentials, BadResetToken
from seamline.accounts.passwords import hash_password, is_password_of
from seamline.accounts.registrations import Registration
from seamline.accounts.tokens import Tokens
from seamline.databases import transaction
from seamline.http.access import UserId
from seamline.http.password_guesses import password_guesses
from seamline.http.throttling import Throttle, admit_of, guessing


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of one module: who has one, and the tokens that are issued for it."""

    module: str
    """Whose settings say how long tokens are good for."""
    directory: Directory
    open_account: Callable[[Registration], Account | None] | None = None
    """Opens an account once its address is confirmed; None where the address, or the registration, has one already."""

    def log_in(self, email: str, password: str, address: str) -> Tokens:
        """Issue tokens for the owner of an account, asked for from an address.

        Raises `BadCredentials`, whichever of the two is wrong, and `Throttled` where too many were.
        """
        with guessing(self.module, *password_guesses(email, address), wrong=BadCredentials):
            account = self._with_password(self.directory.find_by_email(email), password)
        return self._begin(account)

    def refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token for new tokens, with the scopes that the user has now. Raises `BadCredentials`.

        A token is good once: whoever presents one again that was exchanged ends the log-in.
        """
        said = tokens.verify_refresh_token(refresh_token)
        account = self.directory.find_by_id(said.user_id)
        turn = log_ins.exchange(self.module, said.user_id, said.turn, tokens.refresh_lifetime(self.module))
        if account is None or turn is None:
            raise BadCredentials()
        return tokens.issue(self.module, account.id, account.scopes, turn)

    def log_out(self, refresh_token: str, everywhere: bool = False) -> None:
        """End the log-in of a refresh token, or all of its user; nothing where the token is good no more."""
        try:
            said = tokens.verify_refresh_token(refresh_token)
        except BadCredentials:
            return
        if everywhere:
            log_ins.end_all(self.module, said.user_id)
        else:
            log_ins.end(self.module, said.turn.log_in)

    def change_password(self, user_id: UserId, old: str, new: str, address: str) -> Tokens:
        """Change a user's password, and end all their log-ins but the one that begins with this.

        Raises `BadCredentials` where the old one is wrong, `WeakPassword`, and `Throttled` where too many were wrong.
        """
        with guessing(self.module, *password_guesses(str(user_id), address), wrong=BadCredentials):
            account = self._with_password(self.directory.find_by_id(user_id), old)
        return self._replace_password(account, new)

    def register(self, email: str, password: str, details: Mapping[str, str]) -> None:
        """Send to an address what opens its account, or that it has one: nobody else learns which.

        `details` are what else the module asks for; no password may be made of them. Raises `WeakPassword`.
        """
        admit_of(self.module, Throttle(3, 3600, name="registrations-of-address"), email.lower())
        hashed = hash_password(password, email, *details.values())
        registration = Registration(uuid4(), email.lower(), hashed, dict(details))
        registrations.send(self.module, self.directory, registration)

    def confirm(self, token: str) -> Tokens:
        """Open the account that a token was sent for, and log in. Raises `BadConfirmationToken`."""
        registration = registrations.read(token)
        with transaction(self.module):
            account = self.open_account(registration) if self.open_account else None
            if account is None:
                raise BadConfirmationToken()
            return self._begin(account)

    def send_reset(self, email: str) -> None:
        """Send a token by which the owner of an account, if there is one, may choose another password."""
        admit_of(self.module, Throttle(3, 3600, name="password-resets-of-account"), email.lower())
        resets.send(self.module, self.directory, email)

    def reset_password(self, token: str, new: str) -> Tokens:
        """Set the password that was forgotten, and end all log-ins. Raises `BadResetToken` or `WeakPassword`."""
        account = resets.find(self.directory, token)
        return self._replace_password(account, new, resets.log_in_of(account))

    def _with_password(self, account: Account | None, password: str) -> Account:
        def store(hashed: str) -> None:
            if account:
                self.directory.store_password(account.id, hashed)

        if not is_password_of(account, password, store) or account is None:
            raise BadCredentials()
        return account

    def _replace_password(self, account: Account, new: str, log_in: UUID | None = None) -> Tokens:
        """Store a password, and end all log-ins for the one that begins: of two with the same id, the first."""
        hashed = hash_password(new, account.email, *account.known)
        with transaction(self.module):
            log_ins.end_all(self.module, account.id)
            issued = self._begin(account, log_in)
            self.directory.store_password(account.id, hashed)
        return issued

    def _begin(self, account: Account, log_in: UUID | None = None) -> Tokens:
        turn = log_ins.begin(self.module, account.id, tokens.refresh_lifetime(self.module), log_in)
        if turn is None:
            raise BadResetToken()
        return tokens.issue(self.module, account.id, account.scopes, turn)
