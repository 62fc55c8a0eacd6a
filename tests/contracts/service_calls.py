"""Contract calls as another deployable sends them, with whatever token; asked of the endpoint itself."""

import io
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seamline.calls import service_tokens
from seamline.calls.endpoint import PREFIX, ContractEndpoint
from seamline.configuration.service_keys import development_key, key_id
from tests.contracts.probe import MODULE

OPERATION = f"{PREFIX}{MODULE}.probe/v1/text"


def post(body: bytes = b'{"text": "hello"}', path: str = OPERATION, **headers: str | None) -> tuple[int, str, Any]:
    """Status, content type and decoded body of a request; a header that is None is left out."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {service_tokens.token_for(MODULE)}",
        "wsgi.input": io.BytesIO(body),
    }
    environ = {name: value for name, value in (environ | headers).items() if value is not None}
    started: list[Any] = []
    endpoint = ContractEndpoint(lambda *_: pytest.fail("passed on to Django"))
    answer = b"".join(endpoint(environ, lambda status, head: started.append((status, dict(head)))))
    status, head = started[0]
    return int(status.split()[0]), head["Content-Type"], json.loads(answer)


def signed(
    key: Ed25519PrivateKey | None = None,
    kid: str | None = None,
    typ: str = "service+jwt",
    named: str = "",
    **claims: Any,
) -> str:
    """A service token for the probe by the deployable `iss`, right but for what is given; None leaves a claim out.

    `named` is whom its header names.
    """
    now = int(time.time())
    right = {"iss": "seam", "aud": f"module:{MODULE}", "iat": now, "exp": now + 60}
    payload = {name: value for name, value in (right | claims).items() if value is not None}
    key = key or development_key(str(payload.get("iss")))
    headers = {"kid": kid or key_id(key.public_key()), "typ": typ, "iss": named or payload.get("iss", "")}
    return jwt.encode(payload, key, algorithm="EdDSA", headers=headers)


def command(issuer: str, module: str, path: str, body: bytes, key: str = "", **claims: Any) -> tuple[int, Any]:
    """Status and body of a command sent by a deployable for a module, with a token of its own for this request."""
    audience = path.partition("/")[0].partition(".")[0]
    right = {"sub": module, "aud": f"module:{audience}", "req": service_tokens.digest_of(path, key, "", body)}
    token = signed(iss=issuer, **(right | claims))
    status, _, answer = post(
        body, f"{PREFIX}{path}", HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_IDEMPOTENCY_KEY=key or None
    )
    return status, answer
