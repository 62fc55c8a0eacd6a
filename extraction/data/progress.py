"""A bar for what takes longer than a moment."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from extraction.data.schema import Table

MOMENT = 1.0


class Bar:
    """How much of the tables is done, by their sizes. Threads may share it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._begun = time.monotonic()
        self._shown = False
        self._lock = threading.Lock()
        self._part: dict[str, int] = {}

    def expect(self, what: str, total: int) -> None:
        """Say what is being done, and how much of it there is."""
        self._progress.update(self._task, description=what, total=max(total, 1), completed=0)
        self._part.clear()

    def reach(self, table: Table, size: int) -> None:
        """So much of a table is done. What is sent of it is not quite what it has on the disk."""
        with self._lock:
            more = min(size, table.size) - self._part.get(table.name, 0)
            self._part[table.name] = min(size, table.size)
            self._progress.advance(self._task, more)
            if not self._shown and time.monotonic() - self._begun > MOMENT:
                self._shown = True
                self._progress.start()

    def finish(self, table: Table) -> None:
        """All of a table is done."""
        self.reach(table, table.size)


@contextmanager
def bar(console: Console) -> Iterator[Bar]:
    """A bar that shows itself on a terminal after a moment, and is gone at the end of the block."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    try:
        yield Bar(progress, progress.add_task("", total=1))
    finally:
        progress.stop()
