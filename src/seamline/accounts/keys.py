"""The keys that users' tokens are checked with, for whoever wants to check them too."""

import base64

import msgspec
from django.http import HttpRequest, HttpResponse

from seamline.http import access


def jwks(request: HttpRequest) -> HttpResponse:
    """Publish the public keys of users' tokens, as a JSON Web Key Set (RFC 7517)."""
    keys = [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": access.ALGORITHM,
            "use": "sig",
            "kid": kid,
            "x": base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode(),
        }
        for kid, key in access.public_keys().items()
    ]
    return HttpResponse(msgspec.json.encode({"keys": keys}), content_type="application/json")
