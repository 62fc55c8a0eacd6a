"""A small identity provider in a process of its own: discovery, keys that rotate, and tokens over any claims."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

MAKERS: dict[str, Any] = {
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), RSAAlgorithm),
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, OKPAlgorithm),
}


class Issuer(ThreadingHTTPServer):
    """The provider: its keys, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.named = self.url
        self.generation = 0
        self.rotate()

    def rotate(self) -> None:
        """Replace every key."""
        self.generation += 1
        self.keys = {name: make() for name, (make, _) in MAKERS.items()}

    def kid(self, algorithm: str) -> str:
        return f"{algorithm}-{self.generation}"

    def jwks(self) -> dict[str, Any]:
        keys: list[dict[str, Any]] = [
            {"kty": "oct", "kid": "secret", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "alg": "HS256"},
            {"kty": "new"},
        ]
        for name, (_, algorithm) in MAKERS.items():
            keys.append(algorithm.to_jwk(self.keys[name].public_key(), as_dict=True) | {"kid": self.kid(name)})
        return {"keys": keys}

    def token(self, algorithm: str, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.keys[algorithm], algorithm, {"kid": self.kid(algorithm)})


class _Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        document = {"issuer": self.server.named, "jwks_uri": f"{self.server.url}/keys"}
        self._respond({"/.well-known/openid-configuration": document, "/keys": self.server.jwks()}[self.path])

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.path:
            case "/rotate":
                self.server.rotate()
                self._respond({})
            case "/name":
                self.server.named = asked["issuer"]
                self._respond({})
            case _:
                right = {"iss": self.server.url, "iat": int(time.time()), "exp": int(time.time()) + 300}
                claims = {name: value for name, value in (right | asked["claims"]).items() if value is not None}
                self._respond({"token": self.server.token(asked["algorithm"], claims)})

    def _respond(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    issuer = Issuer()
    print(issuer.url)
    sys.stdout.flush()
    issuer.serve_forever()
