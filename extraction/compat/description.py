"""What is locked of a contract file: all that two peers must agree on, and nothing that is only said to people."""

import json
from typing import Any

import msgspec

Schema = dict[str, Any]
"""JSON Schema (draft 2020-12) as msgspec writes it, without titles, descriptions and examples."""
TYPES = "#/types/"
"""Where a schema's references lead: into `types` of the same file."""


class Operation(msgspec.Struct, frozen=True):
    """One operation: what its caller sends, and what it may hear."""

    kind: str
    needs_key: bool
    timeout: float
    arguments: Schema
    answer: Schema
    errors: tuple[str, ...]
    """Codes of the declared ones."""


class Version(msgspec.Struct, frozen=True):
    """One version of a contract."""

    operations: dict[str, Operation]
    name: str = msgspec.field(name="class")
    """Dotted, as manifests name it: `contracts.parcels.Parcels`."""


class Error(msgspec.Struct, frozen=True):
    """A declared error."""

    category: str
    fields: Schema


class Event(msgspec.Struct, frozen=True):
    """A published event."""

    key: str
    """The field that deliveries go by: its values keep their order."""
    fields: Schema
    name: str = msgspec.field(name="class")
    """Dotted, as manifests name it: `contracts.parcels.ParcelSent`."""


class ContractFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A contract file. Errors stand beside the contracts: their codes carry no version, so all versions share them."""

    contracts: dict[str, Version] = {}
    """By address: `parcels/v1`."""
    errors: dict[str, Error] = {}
    """By code: `parcels.unknown_parcel`."""
    events: dict[str, Event] = {}
    """By stable name: `parcels.ParcelSent.v1`."""
    everywhere: tuple[str, ...] = ()
    """Codes of the errors that any operation may raise undeclared; only the language has them."""
    types: dict[str, Schema] = {}
    draft: bool = False
    """Whether nobody runs it yet, so that it may still change in any way. Only a lock says so."""

    @property
    def is_empty(self) -> bool:
        return not (self.contracts or self.events or self.everywhere)

    def as_text(self) -> str:
        """As it is written down: the same for the same contracts, and fit to be read in a review."""
        return json.dumps(msgspec.to_builtins(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


Description = dict[str, ContractFile]
"""Every contract file, by its name without suffix."""
