"""What leaving would cost: what becomes a call over the network, read from the code and from recorded traffic."""

from extraction.cost.call_sites import Call, Code, Cost, Heard, Told, cost, crossings
from extraction.cost.traffic import Estimate, Traffic, estimate, recorded

__all__ = [
    "Call",
    "Code",
    "Cost",
    "Estimate",
    "Heard",
    "Told",
    "Traffic",
    "cost",
    "crossings",
    "estimate",
    "recorded",
]
