"""What has happened before, by the name that a page has for it."""

from collections.abc import Callable
from typing import Any

SCENES: dict[str, Callable[[Any], None]] = {}
