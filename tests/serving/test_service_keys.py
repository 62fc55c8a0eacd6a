"""Two deployables in production that know each other by the keys they publish, and calls at a port of their own."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seamline.configuration.service_keys import key_id
from tests.packaging import production
from tests.processes import Deployable, Yard, free_port
from tests.waiting import eventually

QUERY = "/_contracts/depots/v1/room"


def settings(name: str, *keys: Ed25519PrivateKey, **more: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SERVICE_NAME": name,
        "SECRET_KEY": production.secret(),
        "PERSONAL_DATA_KEYS": production.data_key(),
        "SERVICE_PRIVATE_KEY": "".join(map(production.pem, keys)),
        "JWT_PRIVATE_KEY": production.private_key(),
        **more,
    }


def ask(port: int, key: Ed25519PrivateKey, **claims: Any) -> int:
    """The status of a query with a token that the gateway signs with this key. That no depot is found is an answer."""
    now = int(time.time())
    right = {"iss": "gateway", "sub": "parcels", "aud": "module:depots", "iat": now, "exp": now + 60}
    headers = {"kid": key_id(key.public_key()), "typ": "service+jwt", "iss": "gateway"}
    token = jwt.encode(right | claims, key, "EdDSA", headers)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{QUERY}",
        json.dumps({"depot": "north"}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        code = json.load(error).get("code")
        return 200 if code == "depots.unknown_depot" else error.code


def up(deployable: Deployable, **given: str) -> Deployable:
    return deployable.launch(**given).until_ready()


def test_a_key_is_rotated_while_its_peers_run(the_yard: Yard, the_system: Path) -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    calls = free_port()
    with (
        the_yard.deployable("gateway", the_system) as gateway,
        the_yard.deployable("depots_service", the_system) as service,
    ):
        known_as = {"ALLOWED_HOSTS": "example.com", "DEPOTS_URL": f"http://127.0.0.1:{calls}"}
        up(gateway, **settings("gateway", old, **known_as))
        peers = {"SERVICE_PEERS": f"gateway=*@{gateway.url}", "CONTRACTS_PORT": str(calls), "MODULES": "depots"}
        up(service, **settings("depots-service", Ed25519PrivateKey.generate(), **peers))
        assert ask(calls, old) == 200
        assert ask(calls, new) == 401
        assert ask(service.port, old) == 404, "the port for everybody has no contracts"

        gateway.stop()
        up(gateway, SERVICE_PRIVATE_KEY=production.pem(new) + production.pem(old))
        assert ask(calls, old) == 200, "it is known, whether the gateway answers or not"
        eventually(lambda: ask(calls, new), lambda status: status == 200)
        gateway.stop()
        service.stop()
