"""What was written for a folder, kept beside it: the base of a later three-way merge.

`.seamline/written.json` says which versions wrote it, by which command, and the digest of each file;
`.seamline/pristine.tar.xz` has each file as it was written. The same input gives the same bytes. Wheels are left out:
nobody merges them, and the requirements pin them with their hashes.
"""

import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from extraction.processes.errors import Refused
from extraction.writing import runtime_wheel
from extraction.writing.plan import RECORD, File

PATHS = MANIFEST, PRISTINE = RECORD
FORMAT = 1
"""Which a later version of the tool reads it by."""


class Manifest(msgspec.Struct, frozen=True):
    """What `written.json` says."""

    format: int
    version: str
    """Of the runtime that was written, and of the tool that wrote it: they are released together."""
    command: str
    """`extract` or `new`."""
    options: dict[str, Any]
    """What the command needs to write it again."""
    files: dict[str, str]
    """The sha256 of each written file, by path; of a symbolic link, that of where it leads."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was written, by which versions and which command."""

    manifest: Manifest
    files: tuple[File, ...]
    """Every file as it was written."""


def record(files: Iterable[File], command: str, options: Mapping[str, Any]) -> list[File]:
    """Make the files that keep what a command writes. Those are not kept themselves, and wheels are not."""
    kept = sorted((file for file in files if is_kept(file.path)), key=lambda file: file.path)
    manifest = Manifest(
        format=FORMAT,
        version=runtime_wheel.find().version,
        command=command,
        options=dict(options),
        files={file.path: digest(file) for file in kept},
    )
    text = json.dumps(msgspec.to_builtins(manifest), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return [File(MANIFEST, text.encode()), File(PRISTINE, _pack(kept))]


def is_kept(path: str) -> bool:
    """Tell whether a written file is kept."""
    return path not in PATHS and not path.startswith(f"{runtime_wheel.FOLDER}/")


def read(folder: Path) -> Record:
    """Read what was kept in a folder. Raises `Refused` where that cannot be done."""
    manifest = read_manifest(folder)
    return Record(manifest, tuple(_unpack(folder / PRISTINE, manifest)))


def read_manifest(folder: Path) -> Manifest:
    """Read what was written by which version. Raises `Refused` where that cannot be done."""
    place = folder / MANIFEST
    if not place.is_file():
        raise Refused(f"{folder} has no {MANIFEST}: nothing says what was written there, and by which version")
    try:
        manifest = msgspec.json.decode(place.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise Refused(f"{place} cannot be read ({error}): have git bring it back") from None
    if manifest.format > FORMAT:
        raise Refused(f"{place} was written by a later version, {manifest.version}: use that one, or a later")
    return manifest


def digest(file: File) -> str:
    """Give the sha256 of a file's content, in hexadecimal digits."""
    return hashlib.sha256(file.link.encode() or file.content).hexdigest()


def _pack(files: Iterable[File]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            # Nothing else is set: its owner is nobody, and its time the beginning of all.
            entry = tarfile.TarInfo(file.path)
            entry.mode = 0o755 if file.executable else 0o644
            if file.link:
                entry.type, entry.linkname = tarfile.SYMTYPE, file.link
            entry.size = 0 if file.link else len(file.content)
            archive.addfile(entry, io.BytesIO(file.content))
    return lzma.compress(packed.getvalue(), preset=9)


def _unpack(place: Path, manifest: Manifest) -> Iterable[File]:
    """Read every file, each only where it is what the manifest says."""
    found: dict[str, File] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(lzma.decompress(place.read_bytes()))) as archive:
            for entry in archive:
                opened = archive.extractfile(entry) if entry.isfile() else None
                content = opened.read() if opened else b""
                found[entry.name] = File(entry.name, content, bool(entry.mode & 0o100), entry.linkname)
    except (OSError, tarfile.TarError, lzma.LZMAError) as error:
        raise Refused(f"{place} cannot be read ({error}): have git bring it back") from None
    if manifest.files != {path: digest(file) for path, file in found.items()}:
        raise Refused(f"{place} is not what {MANIFEST} says was written: have git bring back both")
    return found.values()
