"""The identity provider whose users' tokens are accepted beside this system's own (OpenID Connect)."""

from dataclasses import dataclass

import environ

from seamline.configuration import values
from seamline.setting_errors import invalid_setting

USER_IDS = ("as-is", "derived")
"""How a user's id is made of the claim that names them."""
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@dataclass(frozen=True)
class IdentityProvider:
    """Whose tokens they are, and how they are read."""

    issuer: str
    """As their `iss` has it, to the letter."""
    audience: str
    user_claim: str = "sub"
    scope_claim: str = "scope"
    """Of words with spaces between, or of a list; a dotted path for one inside another: `realm_access.roles`."""
    user_id: str = "as-is"
    """"as-is" takes the claim for the id, "derived" makes a UUID of issuer and claim (version 5)."""

    @property
    def discovery_url(self) -> str:
        """Address of the document that says where its keys are (OpenID Connect Discovery 1.0)."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"


def identity_provider(env: environ.Env, development: bool) -> IdentityProvider | None:
    """Read the provider, None where there is none. Raises `ImproperlyConfigured`."""
    issuer = env.str("IDENTITY_ISSUER", "")
    if not issuer:
        return None
    values.base_url("IDENTITY_ISSUER", issuer)
    # Who changes the document on its way can be any user.
    if not development and issuer.startswith("http://") and not issuer.startswith(_LOOPBACK):
        raise invalid_setting("IDENTITY_ISSUER", issuer, "an address with https")
    audience = env.str("IDENTITY_AUDIENCE", "")
    if not audience:
        raise invalid_setting("IDENTITY_AUDIENCE", audience, "what the tokens for this API have as aud, such as api")
    return IdentityProvider(
        issuer=issuer,
        audience=audience,
        user_claim=env.str("IDENTITY_USER_CLAIM", "") or IdentityProvider.user_claim,
        scope_claim=env.str("IDENTITY_SCOPE_CLAIM", "") or IdentityProvider.scope_claim,
        user_id=values.choice(env, "IDENTITY_USER_ID", "as-is", USER_IDS),
    )
