"""compose.yaml: is it well-formed, and does it leave every secret to whoever runs it?"""

import re
import subprocess
import sys
from pathlib import Path

from tests.processes import REPOSITORY

COMPOSE = REPOSITORY / "compose.yaml"
EXAMPLE = REPOSITORY / ".env.example"


def test_it_fits_the_compose_specification() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--builtin-schema", "vendor.compose-spec", COMPOSE]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_no_value_for_a_secret() -> None:
    for name, otherwise in re.findall(r"\$\{(\w+)(.*?)\}", COMPOSE.read_text()):
        # Redis is there for workers alone, and refuses to start without a password by itself.
        assert otherwise.startswith(":?") or name in ("PORT", "TRUSTED_PROXIES", "REDIS_PASSWORD"), (
            f"{name} may be left out"
        )
    assert "${REDISCLI_AUTH:?REDIS_PASSWORD is missing}" in COMPOSE.read_text()
    assert not re.findall(r"(?m)^\s*\w*(?:SECRET|KEY|PASSWORD)\w*: (?!\$\{|\"\"$).*", COMPOSE.read_text())


def test_all_that_it_asks_for_is_explained() -> None:
    explained = set(re.findall(r"(?m)^#([A-Z_]+)=", EXAMPLE.read_text()))
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE.read_text())) <= explained


def test_every_image_has_a_version() -> None:
    for image in re.findall(r"(?m)^ +image: (\S+:\S+|\w+/\S+)$", COMPOSE.read_text()):
        assert re.search(r":\d+\.\d+", image), f"{image} may change under the same name"
