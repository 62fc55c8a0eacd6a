"""Command keys: a repeat of a command under the same key answers what the first call answered."""

import hashlib
import re
from collections.abc import Callable

from seamline.calls.wire import Response
from seamline.contract import KeyReused, Operation
from seamline.databases import cursor, transaction
from seamline.encryption import decrypt_bytes, encrypt_bytes

KEY = re.compile(r"[A-Za-z0-9._:-]{1,100}")
"""What a key may be made of."""

_CLAIM = """
    INSERT INTO seamline_idempotent_command (module, key, operation, fingerprint, answer, created_at)
    VALUES (%s, %s, %s, %s, '', now()) ON CONFLICT (module, key) DO NOTHING
"""
_STORE = "UPDATE seamline_idempotent_command SET answer = %s WHERE module = %s AND key = %s"
_RECALL = "SELECT operation, fingerprint, answer FROM seamline_idempotent_command WHERE module = %s AND key = %s"


def once(operation: Operation, key: str, body: bytes, run: Callable[[], bytes]) -> Response:
    """Run a command, or answer what it answered before under this key.

    Key, answer and effect commit together. Of two calls at the same time one waits for the other, on the key's
    unique index. A refused command leaves no trace, so its repeat runs again. Raises `KeyReused` when the key came
    with another operation or other arguments.
    """
    fingerprint = hashlib.sha256(body).digest()
    module = operation.module
    with transaction(module), cursor(module) as sql:
        sql.execute(_CLAIM, [module, key, operation.path, fingerprint])
        if sql.rowcount == 1:
            result = run()
            sql.execute(_STORE, [encrypt_bytes(result), module, key])
            return Response(200, result)
        sql.execute(_RECALL, [module, key])
        known_operation, known_fingerprint, answer = sql.fetchone()
    if (known_operation, bytes(known_fingerprint)) != (operation.path, fingerprint):
        raise KeyReused(operation=operation.path)
    return Response(200, decrypt_bytes(bytes(answer)))
