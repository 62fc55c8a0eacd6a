"""The public keys of this deployable, for whoever wants to check what is signed here."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from seamline.calls.service_tokens import JWKS_PREFIX
from seamline.configuration.service_keys import key_id, public_text
from seamline.http import access


def jwks(request: HttpRequest) -> HttpResponse:
    """Publish the keys of users' tokens, and those of this deployable's service tokens, as a JSON Web Key
    Set (RFC 7517).

    The ids of the latter begin with `service.`.
    """
    own = [key.public_key() for key in settings.SERVICE_PRIVATE_KEYS]
    keys = [
        *(_jwk(kid, key) for kid, key in access.public_keys().items()),
        *(_jwk(f"{JWKS_PREFIX}{key_id(key)}", key) for key in own),
    ]
    return HttpResponse(msgspec.json.encode({"keys": keys}), content_type="application/json")


def _jwk(kid: str, key: Ed25519PublicKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "alg": access.ALGORITHM, "use": "sig", "kid": kid, "x": public_text(key)}
