"""Who may call whom: what a service token opens, by the manifests of the modules and by where they live.

A deployable speaks for the modules that live there, and a module calls the contracts in its manifest's `calls`. A
gateway is believed: it has checked both of whoever's call it passes on, and could claim anything else anyway. So is,
until a move is finished, the deployable at its other end, for the module that moves.
"""

import structlog
from django.conf import settings

from seamline import topology
from seamline.calls.service_tokens import Caller
from seamline.module import known
from seamline.observability import metrics

DENIED = "contracts.denied"
"""Code of the problem that a caller is told."""
EVENTS_FACET = "events"
OF_GATEWAYS = ("audit", "personal_data")
"""Facets that are for whoever has the rules, and speaks for people: these are where the gateway is."""

log = structlog.get_logger("seam.calls")


class Denied(Exception):
    """The caller is who it says, and may not do this."""


def authorize(caller: Caller, path: str) -> None:
    """Check that a caller may call an operation by its path. Raises `Denied`."""
    contract = path.partition("/")[0]
    if _is_other_side(caller, contract):
        return
    if caller.on_behalf_of and not caller.issuer.is_gateway:
        raise Denied(f"{caller.issuer.name} is no gateway, and passes on a call of {caller.on_behalf_of[:60]}")
    if caller.issuer.is_gateway:
        return
    if caller.module is None or not caller.issuer.may_speak_for(caller.module):
        raise Denied(f"{caller.issuer.name} does not speak for {str(caller.module)[:60]}")
    if not _may_call(caller.module, contract):
        raise Denied(f"{caller.module} does not call {contract[:120]} by its manifest")


def _is_other_side(caller: Caller, contract: str) -> bool:
    """Tell whether it is at either end of the module's move: it passes on what came to it at the wrong moment."""
    owner = topology.current().owners.get(contract.partition(".")[0])
    return owner is not None and bool(owner.other) and caller.issuer.name in (owner.name, owner.other)


def _may_call(module: str, contract: str) -> bool:
    owner, _, facet = contract.partition(".")
    if facet == EVENTS_FACET:
        return True  # the mailbox compares the caller with the events themselves
    if facet in OF_GATEWAYS:
        return False
    manifest = known().get(module)
    # Of any version: which ones there are is a matter of releases, not of who may.
    declared = manifest is not None and any(called.address.partition("/")[0] == contract for called in manifest.calls)
    return declared or module == owner or module in settings.SERVICE_CALLERS.get(contract, ())


def record_refusal(event: str, module: str, reason: str, **details: object) -> None:
    """Log and count a call that was refused."""
    log.warning(event, module=module[:60], reason=reason, **details)
    # Only names that are known: a stranger must not make up labels.
    metrics.service_calls_refused.labels(event, module if module in known() else "-").inc()
