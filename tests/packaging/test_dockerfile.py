"""The image, as far as it can be told without an engine: is it written well, and does what it runs work?"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.packaging import production
from tests.packaging.image import DOCKERFILE, Image
from tests.processes import REPOSITORY, STOP_WITHIN, Yard, environment, free_port
from tests.waiting import eventually

BIN = Path(sys.executable).parent


@pytest.fixture
def settings(the_yard: Yard) -> dict[str, str]:
    """What the image's process finds in its environment, apart from the address of the database server."""
    own = {"HOST": "127.0.0.1", "PORT": str(free_port()), "DATABASE_PREFIX": "packaging"}
    path = os.pathsep.join((str(BIN), os.environ["PATH"]))
    return environment() | production.settings() | Image.described().environment | own | {"PATH": path}


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run([BIN / "hadolint", DOCKERFILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_in_production_under_a_user_with_a_number() -> None:
    image = Image.described()
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", image.user)
    assert (image.environment["ENVIRONMENT"], image.environment["HOST"]) == ("production", "0.0.0.0")


def test_what_installs_stays_behind() -> None:
    *_, last = re.split(r"(?m)^FROM ", DOCKERFILE.read_text())
    assert "--from=libraries" in last
    assert "pip install" not in last


def test_it_knows_no_module() -> None:
    names = [folder.name for folder in (REPOSITORY / "src" / "modules").iterdir() if folder.is_dir()]
    assert not re.findall(rf"\b({'|'.join(names)})\b", DOCKERFILE.read_text())


def test_it_serves_says_so_and_ends_when_told(settings: dict[str, str], the_yard: Yard) -> None:
    image = Image.described()
    superuser = {"DATABASE_URL": the_yard.database_url}
    # As compose.yaml has it: to serve, the superuser's name and password are not needed.
    nobody = {"DATABASE_URL": the_yard.database_url.replace("postgres@", "", 1)}
    migrate = [sys.executable, "manage.py", "migrate_all"]
    wait = subprocess.Popen(
        [*migrate, "--wait", "100"], cwd=REPOSITORY, env=settings | nobody, stdout=subprocess.PIPE, text=True
    )
    with wait as waiting:
        assert waiting.stdout
        assert waiting.stdout.readline().startswith("waiting for the migration of default, ")
        assert subprocess.run(migrate, cwd=REPOSITORY, env=settings | superuser).returncode == 0
        waiting.stdout.read()
        assert waiting.wait() == 0
    assert not healthy(image, settings)
    with running(image.command, settings | nobody, the_yard.logs / "image.log") as process:
        eventually(lambda: healthy(image, settings), bool)
        process.send_signal(getattr(signal, image.stop_signal))
        assert eventually(process.poll, lambda status: status is not None, STOP_WITHIN) == 0
    assert not healthy(image, settings)


def healthy(image: Image, settings: dict[str, str]) -> bool:
    """Whether the image's health check is content."""
    return subprocess.run(image.health_check, env=settings, capture_output=True).returncode == 0


@contextmanager
def running(command: list[str], settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        # Popen looks for the program in our own PATH, not in the one of `env`.
        program = [str(BIN / command[0]), *command[1:]]
        process = subprocess.Popen(program, cwd=REPOSITORY, env=settings, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
