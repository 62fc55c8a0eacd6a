import time

from contracts.bell import Rang
from seamline.databases import cursor

_HEAR = "INSERT INTO heard (ring_id, rang_at, heard_at) VALUES (%s, %s, %s)"


def on_rang(event: Rang) -> None:
    with cursor("ear") as sql:
        sql.execute(_HEAR, [event.ring_id, event.at, time.monotonic()])
