"""A reader's own copy of the repository, and virtual environments that need not be installed.

As a program it prepares that of the folder it is given, where there is none. One that has wheels of its own in
`vendor/` is left to its `make`, which installs them.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import distributions
from pathlib import Path

from tests.processes import REPOSITORY


def clone(folder: Path) -> Path:
    """Copy what git tracks here, as it is now, to a repository with one commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    if (REPOSITORY / ".mypy_cache").is_dir():
        shutil.copytree(REPOSITORY / ".mypy_cache", folder / ".mypy_cache", dirs_exist_ok=True)
    whom = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "As it is"]):
        subprocess.run(["git", *whom, *arguments], cwd=folder, check=True)
    return folder


def prepare(folder: Path) -> None:
    """Give a folder what it takes for a virtual environment with its requirements: ours, by another name."""
    venv = folder / ".venv"
    if not venv.exists():
        venv.mkdir()
        for part in Path(sys.prefix).iterdir():
            if not part.name.startswith(".") and part.name not in ("bin", "lib"):
                (venv / part.name).symlink_to(part)
        _link_programs(venv)
        _link_libraries(folder, venv)
        (venv / ".made").touch()
    for name in ("local", "dev"):
        lock = folder / "requirements" / f"{name}.txt"
        (venv / f".{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()}").touch()


def _link_programs(venv: Path) -> None:
    """Link what can be run; a script names the Python that it runs with, which is to be the one beside it."""
    ours, programs = Path(sys.prefix) / "bin", venv / "bin"
    programs.mkdir()
    shebang = f"#!{ours}/".encode()
    for program in ours.iterdir():
        if program.is_symlink() or not program.read_bytes().startswith(shebang):
            (programs / program.name).symlink_to(program)
        else:
            (programs / program.name).write_bytes(program.read_bytes().replace(shebang, f"#!{programs}/".encode(), 1))
            (programs / program.name).chmod(0o755)


def _link_libraries(folder: Path, venv: Path) -> None:
    """Link what is installed here, beside the wheels that the folder has itself."""
    ours = Path(sysconfig.get_path("purelib"))
    libraries = venv / ours.relative_to(sys.prefix)
    libraries.mkdir(parents=True)
    for part in ours.iterdir():
        (libraries / part.name).symlink_to(part)
    for wheel in sorted((folder / "vendor").glob("*.whl")):
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(libraries)
    commands = (each for found in distributions(path=[str(libraries)]) for each in found.entry_points)
    for command in (each for each in commands if each.group == "console_scripts"):
        program = venv / "bin" / command.name
        if not program.exists():
            program.write_text(
                f"#!{program.with_name('python')}\nimport {command.module}\n{command.value.replace(':', '.')}()\n"
            )
            program.chmod(0o755)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
