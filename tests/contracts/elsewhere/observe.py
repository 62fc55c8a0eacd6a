"""Use the deployable in every way that knows where a module lies, and print what came of it."""

import json
import time

import jwt

from seamline.runtime import startup

startup.load()

from acme.parts.parcels.service import TooHeavy  # noqa: E402
from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from contracts.parcels import NoParcel, Parcels, Sent  # noqa: E402  found only now
from seamline.calls import call  # noqa: E402
from seamline.databases import fetch  # noqa: E402
from seamline.databases.provision import drop  # noqa: E402
from seamline.http import access  # noqa: E402
from seamline.module import active, owner  # noqa: E402
from seamline.testing import captured_events  # noqa: E402


def token(subject: str) -> str:
    key, now = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), None), int(time.time())
    claims = {"iss": access.ISSUER, "aud": access.AUDIENCE, "sub": subject, "iat": now, "exp": now + 60}
    return jwt.encode(claims, key, access.ALGORITHM, headers={"kid": access.key_id(key.public_key())})


def ask(subject: str) -> tuple[int, object]:
    answer = Client().get("/api/v1/parcels/7", headers={"Authorization": f"Bearer {token(subject)}"})
    return answer.status_code, answer.json().get("sender")


def refuse(work: object) -> str:
    try:
        work()
    except Exception as error:
        return type(error).__name__
    return "nothing"


def send_inside_a_transaction() -> None:
    with transaction.atomic(using="freight"):
        call(Parcels).send(8, 42)


def observe() -> dict[str, object]:
    with captured_events(Sent) as published:
        sent = call(Parcels, key="once").send(7, 42)
        again = call(Parcels, key="once").send(7, 42)
        events = [event.number for event in published()]
    tables = fetch("parcels", "SELECT schemaname, count(*) FROM pg_tables WHERE tablename ~ 'parcel|seam' GROUP BY 1")
    module = active()["parcels"]
    return {
        "aliases": list(settings.DATABASES),
        "schemas": [schema for schema, _ in tables],
        "sent": [sent == again, sent.sender, call(Parcels).parcel(7).sender],
        "events": events,
        "refused": [refuse(lambda: call(Parcels).parcel(9)), refuse(send_inside_a_transaction)],
        "codes": [NoParcel.code, TooHeavy.code],
        "callers": [ask("42"), ask("eve")],
        "owners": [owner("acme.parts.parcels.api"), owner("acme.parts"), owner("modules.parcels.api")],
        "file": module.path_of("service.py"),
        "health": Client().get("/health").json()["modules"]["parcels"]["outbox"],
        "ready": Client().get("/health/ready").status_code,
        "documented": list(Client().get("/api/schema", headers={"Accept": "application/json"}).json()["paths"]),
    }


if __name__ == "__main__":
    try:
        call_command("migrate_all", verbosity=0)
        print(json.dumps(observe()))
    finally:
        from django.db import connections

        connections.close_all()
        drop(settings.DATABASE_SERVER, settings.PROVISIONED)
