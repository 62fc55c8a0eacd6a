"""Every endpoint declares who may use it and documents its errors: a new one that does not is found here."""

import subprocess
import sys

from tests.processes import REPOSITORY, environment


def complaints(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.shop.endpoints", *arguments],
        cwd=REPOSITORY,
        env=environment(PYTHONPATH=".:src", DJANGO_SETTINGS_MODULE="config.settings"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_endpoint_declares_who_may_use_it_and_documents_its_errors() -> None:
    assert complaints() == [""]


def test_one_that_does_not_is_found() -> None:
    found = set(complaints("tests.shop.undeclared"))
    assert found >= {
        "/api/v1/plain: is no Endpoint, and so declares nothing",
        "GET /api/v1/hidden: is not in the document",
        "GET /api/v1/bare: says not who may use it",
        "GET /api/v1/bare: says not how often",
        "GET /api/v1/bare: says not which errors it answers with",
        *(f"GET /api/v1/quiet/{{thing}}: documents no {status}" for status in (400, 401, 404, 414, 429, 503)),
    }
    assert all(any(name in line for name in ("plain", "hidden", "bare", "quiet")) for line in found)
