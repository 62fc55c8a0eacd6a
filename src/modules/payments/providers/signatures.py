"""Signatures of callbacks, over a timestamp and the body, as Stripe's webhooks have them."""

import hashlib
import hmac
import re
import time

from modules.payments.errors import BadSignature
from modules.payments.providers.base import TOLERANCE_SECONDS

_HEADER = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def sign(secret: str, provider: str, body: bytes, timestamp: int) -> str:
    """Make the value of `X-Signature`: HMAC-SHA256 of `<timestamp>.<provider>.<body>`."""
    signed = f"{timestamp}.{provider}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def verify(secret: str, provider: str, body: bytes, header: str) -> str:
    """Check an `X-Signature`; return its digest. Raises `BadSignature`."""
    found = _HEADER.fullmatch(header)
    if found is None or not hmac.compare_digest(sign(secret, provider, body, int(found[1])), header):
        raise BadSignature()
    refuse_stale(int(found[1]))
    return found[2]


def refuse_stale(timestamp: int) -> None:
    """Refuse a callback that was signed long ago, or will be. Raises `BadSignature`."""
    if abs(time.time() - timestamp) > TOLERANCE_SECONDS:
        raise BadSignature()
