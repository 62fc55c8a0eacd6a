"""`manage.py service_key`: the key that this deployable proves itself to others with."""

from argparse import ArgumentParser
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management.base import BaseCommand

from seamline.configuration.service_keys import public_text


class Command(BaseCommand):
    help = (
        "Print the public keys of this deployable, as SERVICE_PEERS takes them; with --new a new private key, in one "
        "line as SERVICE_PRIVATE_KEY takes it.\nExample: manage.py service_key --new"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="print a new private key, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new"]:
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            self.stdout.write(pem.decode().replace("\n", r"\n"))
            return
        keys = "|".join(public_text(key.public_key()) for key in settings.SERVICE_PRIVATE_KEYS)
        self.stdout.write(f"{settings.SERVICE_NAME}@{keys}")
