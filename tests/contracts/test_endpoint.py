"""The contract endpoint against the ill-meaning and the ill-formed: a problem, and nothing executed."""

import json
import socket
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import OperationalError, connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from seamline.calls import service_tokens
from seamline.calls.endpoint import ContractEndpoint
from seamline.configuration.service_keys import Issuer, development_key, key_id
from seamline.databases.errors import drop_connection
from seamline.testing import fake_contract
from seamline.transport.http_pool import ConnectionPool
from tests.contracts.probe import MODULE, Implementation, Probe
from tests.contracts.service_calls import post, signed
from tests.contracts.test_resilience import served_by

OWN = key_id(development_key("seam").public_key())
NOTES = development_key("notes-service")
SECRET = "s" * 32
TEN_YEARS = 315_360_000
documents = st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())


class Spy(Implementation):
    """Remembers whether anything was executed."""

    def __init__(self) -> None:
        self.executed = 0

    def text(self, text: str) -> str:
        self.executed += 1
        return text


@pytest.fixture
def spy() -> Any:
    spy = Spy()
    with fake_contract(Probe, spy):
        yield spy


def shared(**claims: Any) -> str:
    """A service token as revisions before 0.9 signed it."""
    now = int(time.time())
    right = {"iss": "seam", "aud": f"module:{MODULE}", "iat": now, "exp": now + 60}
    return jwt.encode(right | claims, SECRET, algorithm="HS256", headers={"kid": "old"})


def test_a_stand_in_for_a_module_elsewhere_may_fail_as_its_database_would() -> None:
    """There is no connection to it here that could be closed."""
    drop_connection("elsewhere", OperationalError())
    assert "elsewhere" not in connections.settings


def test_a_proper_call_is_answered(spy: Spy) -> None:
    assert post() == (200, "application/json", "hello")
    assert post(HTTP_AUTHORIZATION=f"Bearer {signed()}")[0] == 200
    assert post(CONTENT_TYPE="Application/JSON; charset=utf-8")[0] == 200


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(lambda: None, id="none"),
        pytest.param(lambda: "Bearer", id="empty"),
        pytest.param(lambda: "Bearer garbage", id="garbage"),
        pytest.param(lambda: "Basic dTpw", id="basic"),
        pytest.param(lambda: f"Bearer {signed(exp=int(time.time()) - 10)}", id="expired"),
        pytest.param(lambda: f"Bearer {signed(exp=None)}", id="never expires"),
        pytest.param(lambda: f"Bearer {signed(aud='module:another')}", id="for another module"),
        pytest.param(lambda: f"Bearer {signed(aud='api')}", id="for users"),
        pytest.param(lambda: f"Bearer {signed(iat=int(time.time()) + 600)}", id="from the future"),
        pytest.param(lambda: f"Bearer {signed(key=Ed25519PrivateKey.generate(), kid=OWN)}", id="forged"),
        pytest.param(lambda: f"Bearer {signed(kid='unknown')}", id="unknown key"),
        pytest.param(lambda: f"Bearer {signed(iss='evil')}", id="by nobody"),
        pytest.param(lambda: f"Bearer {signed(iss='seam', named='notes-service', key=NOTES)}", id="in another's name"),
        pytest.param(lambda: f"Bearer {signed(iss=None)}", id="by nobody named"),
        pytest.param(lambda: f"Bearer {signed(iss='parcels-service', kid=OWN)}", id="by another key's owner"),
        pytest.param(lambda: f"Bearer {signed(exp=int(time.time()) + TEN_YEARS)}", id="good for ten years"),
        pytest.param(lambda: f"Bearer {signed(aud=[f'module:{MODULE}', 'module:another'])}", id="for several modules"),
        pytest.param(lambda: f"Bearer {signed(typ='JWT')}", id="of another type"),
        pytest.param(lambda: f"Bearer {signed(sub=['depots'])}", id="for several callers"),
        pytest.param(lambda: f"Bearer {shared()}", id="with the secret of old"),
        pytest.param(lambda: f"Bearer {jwt.encode({'aud': f'module:{MODULE}'}, '', algorithm='none')}", id="unsigned"),
    ],
)
def test_without_a_service_token_for_the_module_nothing_is_executed(spy: Spy, authorization: Any) -> None:
    status, kind, problem = post(HTTP_AUTHORIZATION=authorization())
    assert (status, kind, spy.executed) == (401, "application/problem+json", 0)
    assert problem["status"] == 401


def test_a_users_token_is_no_service_token(spy: Spy) -> None:
    claims = {"iss": "seam", "aud": "api", "sub": "00000000-0000-0000-0000-000000000001", "exp": time.time() + 60}
    token = jwt.encode(claims, settings.JWT_PRIVATE_KEY, algorithm="EdDSA", headers={"kid": "members"})
    assert post(HTTP_AUTHORIZATION=f"Bearer {token}")[0] == 401
    assert spy.executed == 0


def test_a_key_is_rotated_without_a_gap(spy: Spy, settings: Any) -> None:
    old, new = (development_key(name) for name in ("seam", "another"))
    for known, good in (((old,), (old,)), ((old, new), (old, new)), ((new,), (new,))):
        keys = {key_id(key.public_key()): key.public_key() for key in known}
        settings.SERVICE_ISSUERS = {"seam": Issuer("seam", frozenset({"*"}), keys)}
        for key in (old, new):
            assert post(HTTP_AUTHORIZATION=f"Bearer {signed(key=key)}")[0] == (200 if key in good else 401)


@pytest.mark.parametrize(("mode", "status"), [("off", 401), ("accept", 200), ("sign", 200)])
def test_the_secret_of_older_releases_is_good_where_it_is_switched_on(
    spy: Spy, settings: Any, mode: str, status: int
) -> None:
    settings.SERVICE_KEYS = {"old": SECRET}
    settings.SERVICE_KEYS_MODE = mode
    assert post(HTTP_AUTHORIZATION=f"Bearer {shared()}")[0] == status
    assert post(HTTP_AUTHORIZATION=f"Bearer {shared(exp=int(time.time()) + TEN_YEARS)}")[0] == 401
    assert post()[0] == 200
    signs = jwt.get_unverified_header(service_tokens.token_for(MODULE))["alg"]
    assert signs == ("HS256" if mode == "sign" else "EdDSA")


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (422, {"body": b""}),
        (422, {"body": b'{"text": "hel'}),
        (422, {"body": b'{"text": 5}'}),
        (422, {"body": b"{}"}),
        (422, {"body": b'"text"'}),
        (422, {"body": b"[" * 100_000}),
        (422, {"body": b'{"text": "\xff\xfe"}'}),
        (400, {"CONTENT_LENGTH": "5000"}),
        (411, {"CONTENT_LENGTH": None}),
        (411, {"CONTENT_LENGTH": "many"}),
        (413, {"CONTENT_LENGTH": "-1"}),
        (413, {"CONTENT_LENGTH": str(10**9)}),
        (415, {"CONTENT_TYPE": "text/plain"}),
        (415, {"CONTENT_TYPE": None}),
        (405, {"REQUEST_METHOD": "GET"}),
        (404, {"path": f"/_contracts/{MODULE}.probe/v1/nothing"}),
        (404, {"path": f"/_contracts/{MODULE}.probe/v9/text"}),
        (404, {"path": f"/_contracts/{MODULE}.probe/v1/text/more"}),
        (401, {"path": "/_contracts/"}),
        (401, {"path": "/_contracts/another/v1/text"}),
        (400, {"HTTP_X_DEADLINE_MS": "soon"}),
        (400, {"HTTP_X_DEADLINE_MS": "-5"}),
        (400, {"HTTP_X_DEADLINE_MS": "9" * 400}),
        (503, {"HTTP_X_DEADLINE_MS": "0"}),
    ],
    ids=str,
)
def test_what_is_ill_formed_is_refused_and_not_executed(spy: Spy, status: int, request_: dict[str, Any]) -> None:
    answered, kind, problem = post(**request_)
    assert (answered, kind, spy.executed) == (status, "application/problem+json", 0)
    assert {"type", "title", "status", "code", "detail"} <= problem.keys()


@pytest.mark.parametrize(
    "path",
    [
        f"{MODULE}.probe/v1/text HTTP/1.1\r\nX: y",
        f"{MODULE}.probe/v1/text\r\n\r\nPOST /_contracts/{MODULE}.probe/v1/text",
        f"{MODULE}.probe/v1/text\n",
        f"{MODULE}.probe/v1/text?x",
        f"{MODULE}.probe/v1/../../../admin",
        f"{MODULE}.probe/v1/text/",
        f"{MODULE}.probe/v1/t\u00e9xt",
        f"{MODULE}/v1",
    ],
)
def test_only_the_path_of_an_operation_is_passed_on(path: str) -> None:
    with served_by(lambda connection: connection.close()) as came:
        assert post(path=f"/_contracts/{path}")[0] == 404
        assert came == []
        assert post()[0] == 503
        assert came, "the path of an operation is"


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        ("GET", "/a b", ("X", "y")),
        ("GET", "/a\r\nX: y", ("X", "y")),
        ("GET", "/\u20ac", ("X", "y")),
        ("GET\r\n", "/", ("X", "y")),
        ("GET", "/", ("X", "y\r\nX: z")),
        ("GET", "/", ("X", "y\n")),
        ("GET", "/", ("X: y\r\nZ", "y")),
    ],
)
def test_no_request_becomes_another_one_on_its_way(method: str, target: str, header: tuple[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections = ConnectionPool(f"http://127.0.0.1:{server.getsockname()[1]}", connect_timeout=1, max_idle=1)
        with pytest.raises(ValueError, match=r"cannot be sent|no request can be made"):
            connections.send(method, target, [header], (), 1)


@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | documents)
def test_no_body_whatsoever_is_an_error_of_ours(spy: Spy, body: bytes) -> None:
    assert post(body)[0] in {200, 422}


@pytest.mark.parametrize("path", ["/", "/api/v1/parcels", "/_contract/x"])
def test_everything_else_is_passed_on(path: str) -> None:
    seen = []
    ContractEndpoint(lambda environ, _: seen.append(environ["PATH_INFO"]) or [])({"PATH_INFO": path}, print)
    assert seen == [path]


def test_a_caller_whose_wire_is_not_understood_is_told_so_and_nothing_is_executed(spy: Spy) -> None:
    status, _, body = post(HTTP_X_WIRE_VERSION="7")
    problem = json.loads(body) if isinstance(body, str) else body
    assert (status, problem["code"]) == (400, "contracts.versions_do_not_meet")
    assert problem["detail"] == "wire version '7' is not understood here, but 1: update the older one first"
    assert spy.executed == 0
    assert post(HTTP_X_WIRE_VERSION="1")[0] == 200
