"""Keeps a release as test data: `make release-record`, at the commit that is tagged.

`<version>.tar.xz` has what the tool writes for each module, with the wheels of the runtime and of the tool. The same
revision gives the same bytes. What was kept of another version goes.
"""

import io
import lzma
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from extraction.reading.project import Project
from extraction.writing import runtime_wheel

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


def record() -> Path:
    """Write what this release is. Ends the process where it is none."""
    version = runtime_wheel.find().version
    if "+" in version or ".dev" in version:
        sys.exit(f"error: {version} is no release: tag the commit v<version>, and change nothing")
    with tempfile.TemporaryDirectory() as folder:
        for module in Project.at(REPOSITORY).modules:
            print(f"extracting {module} …", flush=True)
            command = ["extract", module, "--into", str(Path(folder) / f"{module}-service"), "--no-verify"]
            subprocess.run([sys.executable, "-m", "extraction", *command], cwd=REPOSITORY, check=True)
        packed = lzma.compress(_pack(Path(folder)), preset=9)
    for other in HERE.glob("*.tar.xz"):
        other.unlink()
    kept = HERE / f"{version}.tar.xz"
    kept.write_bytes(packed)
    return kept


def _pack(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if ".git" in name.parts or path.is_dir():
                continue
            # Nothing else is set: its owner is nobody, and its time the beginning of all.
            entry = tarfile.TarInfo(str(name))
            content = path.read_bytes()
            entry.mode, entry.size = path.stat().st_mode & 0o755, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


if __name__ == "__main__":
    print(f"wrote {record()}")
