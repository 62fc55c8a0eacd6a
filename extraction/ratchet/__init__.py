"""A ratchet for a Django project of any layout: no new coupling between its modules, and none that comes back."""

from extraction.ratchet.baseline import Baseline
from extraction.ratchet.comparison import Verdict, judge
from extraction.ratchet.config import Config, Misconfigured, is_configured, read_config
from extraction.ratchet.modules import couplings_of_modules

__all__ = [
    "Baseline",
    "Config",
    "Misconfigured",
    "Verdict",
    "couplings_of_modules",
    "is_configured",
    "judge",
    "read_config",
]
