"""Repairs: a module that is no part of this deployable."""

from uuid import UUID

from seamline.contract import Event


class LampBroken(Event, key="lamp_id"):
    """A lamp is of no use any more."""

    lamp_id: UUID
