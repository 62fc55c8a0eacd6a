from uuid import UUID

from modules.gadgets import queries


def gadget(gadget_id: UUID) -> str:
    return queries.row_of(gadget_id).name
