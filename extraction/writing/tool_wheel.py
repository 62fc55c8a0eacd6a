"""The wheel of this tool itself, with which a deployable's own CI checks its module and its contracts.

A repository builds it. An installed tool packs it again from its own files: which those are, and their digests, is
listed beside them, and a wheel is no more than that.
"""

import base64
import csv
import hashlib
import io
import stat
import zipfile
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath

from extraction.processes import installation, vendored
from extraction.writing import runtime_wheel
from extraction.writing.runtime_wheel import RuntimeWheel

NAME = "seamline-extraction"
EPOCH = (2020, 2, 2, 0, 0, 0)
"""The time of each file, as the builder has it."""
_ADDED = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "RECORD"})
"""What an installer puts beside a distribution's own files."""


@cache
def find() -> RuntimeWheel:
    """Build the tool's wheel from the sources, or pack that of an installed tool again. Raises `Refused`."""
    return _pack() if installation.is_installed() else runtime_wheel.build("extraction")


def find_for(root: Path) -> RuntimeWheel:
    """Read the wheel that a project has in `vendor/` itself, or `find` that of this tool. Raises `Refused`."""
    wheel = vendored.find_wheel(root, NAME)
    return RuntimeWheel(wheel.name, wheel.read_bytes()) if wheel else find()


def _pack() -> RuntimeWheel:
    distribution = metadata.distribution(NAME)
    names = sorted({file.as_posix() for file in distribution.files or () if _is_own(file)}, key=_archive_order)
    packed, listed = io.BytesIO(), io.StringIO()
    lines = csv.writer(listed, lineterminator="\n")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            place = Path(str(distribution.locate_file(name)))
            content = place.read_bytes()
            _add(archive, name, content, executable=bool(place.stat().st_mode & stat.S_IXUSR))
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            lines.writerow((name, f"sha256={digest}", len(content)))
        record = f"{names[-1].partition('/')[0]}/RECORD"
        lines.writerow((record, "", ""))
        _add(archive, record, listed.getvalue().encode())
    return RuntimeWheel(f"{NAME.replace('-', '_')}-{distribution.version}-py3-none-any.whl", packed.getvalue())


def _is_own(file: PurePosixPath) -> bool:
    if file.parts[0] == ".." or "__pycache__" in file.parts:
        return False
    return not (file.parts[0].endswith(".dist-info") and file.name in _ADDED)


def _archive_order(name: str) -> tuple[bool, int, str]:
    """Sort as the builder does, so that the same version has the same bytes: what is deeper comes later."""
    told = _is_told(name)
    return told, 0 if told else name.count("/"), name


def _add(archive: zipfile.ZipFile, name: str, content: bytes, *, executable: bool = False) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    kind = 0 if _is_told(name) else stat.S_IFREG  # the builder writes no more than permissions of what it makes itself
    mode = kind | (0o755 if executable else 0o644)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, mode << 16
    archive.writestr(entry, content)


def _is_told(name: str) -> bool:
    """Whether a file tells about the distribution, and is none of its package."""
    return name.partition("/")[0].endswith(".dist-info")
