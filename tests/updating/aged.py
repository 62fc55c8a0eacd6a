"""A service or a system as an older version of the tool would have written it."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from extraction.writing import writer, written_record
from extraction.writing.plan import File
from extraction.writing.runtime_wheel import FOLDER

VERSION = "0.1.0"
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
Files = dict[str, File]


def age(fresh: Path, into: Path, change: Callable[[Files], None]) -> Path:
    """Write to `into` what an older version wrote, which differs by a change from what this one wrote to `fresh`."""
    record = written_record.read(fresh)
    files = {file.path: file for file in record.files}
    for wheel in (fresh / FOLDER).iterdir():
        files[f"{FOLDER}/{wheel.name}"] = File(f"{FOLDER}/{wheel.name}", wheel.read_bytes())
    change(files)
    writer.put(into, files.values())
    kept = written_record.record(files.values(), record.manifest.command, record.manifest.options)
    writer.put(into, kept)
    manifest = into / written_record.MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": VERSION}))
    git(into, "init", "--quiet", "--initial-branch=main")
    commit(into)
    return into


def with_text(files: Files, path: str, pattern: str, text: str) -> None:
    """Change a file by a pattern, which it has."""
    changed, times = re.subn(pattern, text, files[path].content.decode(), flags=re.MULTILINE)
    assert times, f"{path} has no {pattern}"
    files[path] = replace(files[path], content=changed.encode())


def commit(folder: Path) -> None:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "As it is")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *WHO, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def copy(folder: Path, into: Path) -> Path:
    """Copy a folder with its history, to do something to it."""
    shutil.copytree(folder, into, symlinks=True)
    return into
