"""Put files in the place of others: all of them, or none."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from extraction import interruption
from extraction.plan import File


@contextmanager
def exchanged(root: Path, folder: str, files: Sequence[File]) -> Iterator[None]:
    """Have `folder` hold those of the files that are below it and nothing else, and the others be where they belong.

    What was there before is put aside, and is back when the block raises, Ctrl-C included. It is deleted at its end.
    """
    aside = Path(tempfile.mkdtemp(prefix=f".{Path(folder).name}.", dir=root))
    try:
        for file in files:
            place = aside / "new" / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)
            place.chmod(0o755 if file.executable else 0o644)
        paths = [folder, *(file.path for file in files if not file.path.startswith(f"{folder}/"))]
        moved: list[tuple[str, bool]] = []
        try:
            with interruption.deferred():
                for path in paths:
                    moved.append((path, (root / path).exists()))
                    _swap(root / path, aside / "new" / path, aside / "old" / path)
            yield
        except BaseException:
            with interruption.deferred():
                for path, was_there in reversed(moved):
                    _back(root / path, aside / "old" / path, was_there)
            raise
    finally:
        with interruption.deferred():
            shutil.rmtree(aside, ignore_errors=True)


def _swap(place: Path, new: Path, old: Path) -> None:
    old.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(old)
    place.parent.mkdir(parents=True, exist_ok=True)
    new.rename(place)


def _back(place: Path, old: Path, was_there: bool) -> None:
    if was_there and not old.exists():
        return  # it was not moved yet
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    if was_there:
        old.rename(place)
