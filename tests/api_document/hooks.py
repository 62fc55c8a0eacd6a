"""What a document cannot say of a request, seen to before it is sent, and what it cannot say of the response."""

import re
import uuid
from typing import Any

import schemathesis

KEY, CURSOR = re.compile("[!-~]{1,100}"), re.compile(r"[A-Za-z0-9_-]+")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Send each request under a key of its own, and list from the beginning: only the API knows where else."""
    if case.headers and KEY.fullmatch(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if isinstance(case.body, dict) and case.meta and case.meta.generation.mode.is_positive:
        _make_sense(case.body)
    if case.query and CURSOR.fullmatch(str(case.query.get("cursor", ""))):
        del case.query["cursor"]


@schemathesis.check
def refused_by_the_domain_alone(context: Any, response: Any, case: Any) -> None:
    """Refuse what fits the document for what it is about, such as a coupon that there is not, never for its form."""
    if response.status_code == 422 and case.meta and case.meta.generation.mode.is_positive:
        assert response.json()["code"] != "request.invalid", f"it fits the document: {response.text}"


def _make_sense(body: dict[str, Any]) -> None:
    """Order each product once, of a provider that there is, and choose a password that nobody guesses."""
    if isinstance(lines := body.get("lines"), list):
        body["lines"] = [*{line["sku"]: line for line in lines}.values()]
    if "payment_method" in body:
        body["payment_method"] = "sandbox:approve"
    if "password" in body and "nickname" in body:
        body["password"] = uuid.uuid4().hex
