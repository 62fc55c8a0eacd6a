"""Stripe's API as far as payments use it, as a process of its own: `python -m modules.payments.tests.stripe_double`.

It keeps idempotency keys, moves PaymentIntents from status to status as Stripe documents it, and holds what it is asked
and answers to the library's types. `/_double/fault` has the next request of a kind go wrong, or all keys forgotten;
`/_double/log` tells what there is.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import stripe

from modules.payments.tests.stripe_shapes import Unfit, check_object, check_parameters

Json = dict[str, Any]
PARAMETERS = {
    "create": "PaymentIntentCreateParams",
    "confirm": "PaymentIntentConfirmParams",
    "capture": "PaymentIntentCaptureParams",
    "cancel": "PaymentIntentCancelParams",
    "refund": "RefundCreateParams",
}
DECLINED = {"pm_declined": "Your card was declined.", "pm_authentication": "This payment needs authentication."}


class Refusal(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, kind: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


class Account:
    """What is kept."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.intents: dict[str, Json] = {}
        self.refunds: list[Json] = []
        self.replies: dict[str, tuple[Any, int, Json]] = {}
        self.log: list[Json] = []
        self.faults: dict[str, str] = {}

    def once(self, key: str, action: str, subject: str, given: Json) -> tuple[int, Json]:
        """Do what is asked, once for each key; errors of the first are answered again too."""
        asked = (action, subject, given)
        if key in self.replies:
            before, status, body = self.replies[key]
            if before != asked:
                raise Refusal(400, "idempotency_error", "idempotency_key_in_use", "Keys are for one request each")
            return status, body
        check_parameters(PARAMETERS[action], given)
        try:
            status, body = 200, getattr(self, action)(subject, given)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        self.replies[key] = (asked, status, json.loads(json.dumps(body)))
        return status, body

    def create(self, _: str, given: Json) -> Json:
        if int(given["amount"]) < 50:
            raise Refusal(400, "invalid_request_error", "amount_too_small", "The amount is too small")
        made = {
            "id": f"pi_{uuid4().hex}",
            "object": "payment_intent",
            "amount": int(given["amount"]),
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": given["capture_method"],
            "confirmation_method": "automatic",
            "created": int(time.time()),
            "currency": given["currency"],
            "last_payment_error": None,
            "livemode": False,
            "metadata": given.get("metadata", {}),
            "payment_method": None,
            "payment_method_types": given["allowed_payment_method_types"],
            "status": "requires_payment_method",
        }
        self.intents[made["id"]] = made
        return made

    def confirm(self, subject: str, given: Json) -> Json:
        intent = self._in(subject, "requires_payment_method", "requires_confirmation")
        means = given["payment_method"]
        if message := DECLINED.get(means):
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": message}
            raise Refusal(402, "card_error", "card_declined", message)
        if means not in ("pm_card_visa", "pm_slow"):
            raise Refusal(400, "invalid_request_error", "resource_missing", f"No such PaymentMethod: '{means}'")
        slow = means == "pm_slow"
        status = {"status": "processing" if slow else "requires_capture"}
        return self._set(intent, payment_method=means, amount_capturable=0 if slow else intent["amount"], **status)

    def capture(self, subject: str, given: Json) -> Json:
        intent = self._in(subject, "requires_capture")
        return self._set(intent, status="succeeded", amount_capturable=0, amount_received=intent["amount"])

    def cancel(self, subject: str, given: Json) -> Json:
        intent = self._in(subject, "requires_payment_method", "requires_confirmation", "requires_capture", "processing")
        return self._set(intent, status="canceled", amount_capturable=0, canceled_at=int(time.time()))

    def refund(self, _: str, given: Json) -> Json:
        intent = self._in(given["payment_intent"], "succeeded")
        amount = int(given["amount"])
        if amount > intent["amount_received"] - sum(each["amount"] for each in self.refunds_of(intent["id"])):
            raise Refusal(400, "invalid_request_error", "charge_already_refunded", "So much is not left")
        made = {
            "id": f"re_{uuid4().hex}",
            "object": "refund",
            "amount": amount,
            "created": int(time.time()),
            "currency": intent["currency"],
            "metadata": given["metadata"],
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        self.refunds.append(made)
        return made

    def refunds_of(self, intent: str) -> list[Json]:
        return [each for each in self.refunds if each["payment_intent"] == intent]

    def intent(self, subject: str) -> Json:
        if subject not in self.intents:
            raise Refusal(404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{subject}'")
        return self.intents[subject]

    def _in(self, subject: str, *statuses: str) -> Json:
        intent = self.intent(subject)
        if intent["status"] not in statuses:
            message = f"This PaymentIntent is {intent['status']}"
            raise Refusal(400, "invalid_request_error", "payment_intent_unexpected_state", message)
        return intent

    def _set(self, intent: Json, **fields: Any) -> Json:
        intent.update(fields)
        return intent


class Handler(BaseHTTPRequestHandler):
    account = Account()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self._answer(lambda: (200, self._read(url.path, dict(parse_qsl(url.query)))), "read")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path.strip("/").split("/")
        if path[0] == "_double":
            given = json.loads(body)
            if given["action"] == "forget":
                self.account.replies.clear()
            else:
                self.account.faults[given["action"]] = given["how"]
            return self._send(200, {})
        action = path[3] if len(path) > 3 else {"payment_intents": "create", "refunds": "refund"}[path[1]]
        subject = path[2] if len(path) > 2 else ""
        key, given = self.headers["Idempotency-Key"], _nested(body)
        self.account.log.append({"action": action, "key": key, "given": given})
        self._answer(lambda: self.account.once(key, action, subject, given), action)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _read(self, path: str, given: Json) -> Json:
        if path == "/_double/log":
            return {"log": self.account.log, "intents": self.account.intents, "refunds": self.account.refunds}
        if path == "/v1/refunds":
            check_parameters("RefundListParams", given)
            data = self.account.refunds_of(given["payment_intent"])
            return {"object": "list", "data": data, "has_more": False, "url": path}
        return self.account.intent(path.rpartition("/")[2])

    def _answer(self, make: Any, action: str) -> None:
        fault = self.account.faults.pop(action, "")
        if fault == "refused":  # before it had an effect
            return self._send(503, {"error": {"type": "api_error", "message": "Later"}})
        if self.path.startswith("/v1") and self.headers["Authorization"] != "Bearer sk_test_double":
            return self._send(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}})
        with self.account.lock:
            try:
                status, body = make()
                for kind in (stripe.PaymentIntent, stripe.Refund):
                    if body.get("object") == kind.OBJECT_NAME:
                        check_object(kind, body)
            except Refusal as refusal:
                status, body = refusal.status, refusal.body
            except Unfit as error:
                print(error, file=sys.stderr, flush=True)
                status, body = 500, {"error": {"type": "api_error", "message": f"The double is unlike Stripe: {error}"}}
        if fault == "lost":  # after it had an effect
            self.close_connection = True
            return self.connection.close()
        if fault == "endless":
            return self._drip()
        self._send(status, body)

    def _send(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True


def _nested(body: bytes) -> Json:
    """Read a form as Stripe does: `metadata[key]=1&types[0]=card`."""
    found: Json = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        outer, _, inner = name.partition("[")
        inner = inner.rstrip("]")
        if not inner:
            found[outer] = value
        elif inner.isdigit():
            found.setdefault(outer, []).append(value)
        else:
            found.setdefault(outer, {})[inner] = value
    return found


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
