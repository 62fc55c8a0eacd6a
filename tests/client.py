"""A small HTTP client that says what it expects, and shows the whole answer when it gets something else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import urllib3

from tests.waiting import PATIENCE

API = "/api/v1"
PROBLEM = "application/problem+json"
answered: set[str] = set()
"""The ids of the requests that were answered since the test began."""
_TIMEOUT = urllib3.Timeout(total=PATIENCE)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    request: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    def expect(self, status: int) -> Any:
        """The decoded JSON, after checking the status."""
        assert self.status == status, f"expected {status}, got {self}"
        return self.json

    def refused(self, status: int, code: str | None = None) -> dict[str, Any]:
        """The problem, after checking that it is one (RFC 9457), its status and its code."""
        problem: dict[str, Any] = self.expect(status)
        assert self.headers["Content-Type"] == PROBLEM, str(self)
        assert problem["status"] == status, str(self)
        assert problem["code"] and problem["title"] and problem["type"], str(self)
        assert code in (None, problem["code"]), str(self)
        return problem

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def text(self) -> str:
        return self.content.decode()

    def __str__(self) -> str:
        body = self.content[:2000].decode(errors="replace")
        return f"{self.request} → {self.status} {self.headers.get('Content-Type')}\n{body}"


@dataclass(frozen=True)
class Client:
    """Somebody who talks to a deployable: anonymous, or with a token.

    Headers are keywords: `post("/parcels", parcel, Idempotency_Key="k")`.
    """

    base_url: str
    token: str | None = None
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=16, retries=False, timeout=_TIMEOUT), repr=False
    )

    def bearing(self, token: str | None) -> Self:
        """The same client with another token."""
        return replace(self, token=token)

    def afresh(self) -> Self:
        """The same client on connections of its own, for requests after which a server hangs up."""
        return type(self)(self.base_url, self.token)

    def log_in(self, email: str, password: str) -> Self:
        """The same client, logged in."""
        credentials = {"email": email, "password": password}
        tokens = self.bearing(None).post("/auth/token", credentials).expect(200)
        return self.bearing(tokens["access"])

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def page(self, path: str, **headers: str) -> Answer:
        """GET what is not below the API's root: `/health/live`, or a `Location`."""
        return self.send("GET", self.base_url + path, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("POST", path, _encoded(body), headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PATCH", path, _encoded(body), headers)

    def send(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Any request, to a path below the API's root (`/parcels`) or a whole URL."""
        sent = {"Content-Type": "application/json"} if content is not None else {}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        url = path if path.startswith("http") else f"{self.base_url}{API}{path}"
        response = self.pool.request(method, url, body=content, headers=sent, redirect=False)
        answered.add(response.headers.get("X-Request-ID", ""))
        return Answer(f"{method} {url}", response.status, response.headers, response.data)


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()
