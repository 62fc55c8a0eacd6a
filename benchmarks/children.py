"""Processes that callers run in, with an environment of their own. Imports nothing of Seam: that is for the child."""

import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def child(root: Path | None = None, **settings: str) -> Iterator[ProcessPoolExecutor]:
    """One process that runs what is submitted to it: a Django process of the deployable in `root`, if there is one."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh, initializer=_prepare, initargs=(root and str(root), settings)) as process:
        yield process


def _prepare(root: str | None, settings: dict[str, str]) -> None:
    if root:
        sys.path[:0] = [root, f"{root}/src"]
        os.chdir(root)
        os.environ.update({"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING", **settings})
        import django

        django.setup()
