"""Programs that tests want from the system. requirements/system.txt has the Debian packages that they are in."""

import os
import shutil
from pathlib import Path

import pytest

BEFORE_PATH = ("/usr/lib/rabbitmq/bin",)
"""Where Debian has programs whose commands on the path would change to another user first."""
BEHIND_PATH = ("/usr/sbin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))
"""Where Debian has servers, which not everybody's path names."""


def find_tool(*names: str) -> str | None:
    """Return where a program is, by the first of its names that the system knows."""
    path = os.pathsep.join((*BEFORE_PATH, os.environ.get("PATH", ""), *BEHIND_PATH))
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def require_tool(*names: str) -> str:
    """Return where a program is; skip the test or the file that asks where there is none.

    REQUIRE_TOOLS, as `.ci/run` sets it, makes a failure of it: nothing goes untested without a word.
    """
    if found := find_tool(*names):
        return found
    reason = f"no {names[0]} on this system: requirements/system.txt has its Debian package"
    if os.environ.get("REQUIRE_TOOLS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)
