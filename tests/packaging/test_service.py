"""The other files that are written for a service: valid, and without a word of what is not its own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extraction.writing.plan import File
from tests.packaging import production
from tests.packaging.services import FULL, PROJECT, Service, different_services, of_module, texts_of
from tests.processes import REPOSITORY

NEEDLESS = {"JWT_PRIVATE_KEY", "MEDIA_ROOT", "MODULES"}
"""Settings that not every service can use; one of a single module has none to choose from."""
EVERYDAY = re.compile(
    r"orders (?:deliveries|this event)|users'|users\.lock|flock\(users|public keys of users", re.IGNORECASE
)


@pytest.fixture(params=different_services(), ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.param
    return found


@pytest.mark.parametrize(
    ("path", "schema"), [("compose.yaml", "compose-spec"), (".github/workflows/ci.yaml", "github-workflows")]
)
def test_it_fits_its_schema(path: str, schema: str, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    places = [service.write(tmp_path, path) for service in different_services()]
    command = [program, "--builtin-schema", f"vendor.{schema}", *places]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_workflow_and_compose_take_from_elsewhere_is_pinned(service: Service) -> None:
    workflow = service.texts[".github/workflows/ci.yaml"]
    assert re.findall(r"uses: (\S+) # v\d", workflow) == re.findall(r"uses: (\S+@[0-9a-f]{40}) ", workflow)
    assert workflow.count("uses: ") == len(re.findall(r"uses: \S+@[0-9a-f]{40} # v\d", workflow))
    for image in re.findall(r"image: (\S+:\S+)", service.texts["compose.yaml"]):
        assert re.search(r":\d+\.\d+", image), f"{image} may change under the same name"


def test_the_workflow_does_all_that_a_change_has_to_pass(service: Service) -> None:
    jobs = service.yaml(".github/workflows/ci.yaml")["jobs"].values()
    commands = " ".join(step.get("run", "") for job in jobs for step in job["steps"])
    for part in ("make lint", "make test", "pip-audit", "bandit", "cyclonedx-py", "docker build"):
        assert part in commands


def test_the_example_names_every_setting_that_it_reads(service: Service) -> None:
    named = set(re.findall(r"(?m)^#([A-Z_]+)=", service.texts[".env.example"]))
    assert {*production.variables_read()} - NEEDLESS <= named
    full = service.name == FULL.service
    assert NEEDLESS & named - {"JWT_PRIVATE_KEY"} == ({"MEDIA_ROOT"} if full else set())
    assert ("JWT_PRIVATE_KEY" in named) == full
    assert not re.findall(r"(?m)^[^#\n].*", service.texts[".env.example"])


def test_only_who_issues_tokens_is_asked_for_a_key_to_sign_them_with() -> None:
    asked = [name for name in PROJECT.modules if "#JWT_PRIVATE_KEY=" in of_module(name).texts[".env.example"]]
    assert asked == ["users"]


@pytest.mark.parametrize("module", PROJECT.modules)
def test_it_names_no_module_that_it_has_nothing_to_do_with(module: str) -> None:
    manifest = PROJECT.manifests[module]
    known = {name.split(".")[1] for name in (*manifest.serves, *manifest.calls, *manifest.subscribes)}
    words = [rf"\b{name}(?:\b|_)" for name in PROJECT.modules if name not in known]
    strangers = re.compile("|".join(words) or "(?!)", re.IGNORECASE)
    # Its own folder is as it was, contracts are shared, and who listened to its events is remembered.
    expected = (f"src/modules/{module}/", "contracts/", "src/seamline/contract/", "src/config/identity.py")
    lines = [(path, line) for path, line in _lines(of_module(module)) if not path.startswith(expected)]
    assert [f"{path}: {line}" for path, line in lines if strangers.search(line) and not EVERYDAY.search(line)] == []


def test_it_has_nothing_of_what_only_the_monolith_can() -> None:
    words = re.compile(r"(?<!seamline-)(?<!-m )extraction|startmodule|benchmarks|chaos|topologies|docs/(?!openapi)")
    assert [f"{path}: {line}" for path, line in _lines(of_module("orders")) if words.search(line)] == []


@pytest.mark.parametrize("module", PROJECT.modules)
def test_no_more_than_ten_python_files_are_neither_module_nor_contract_nor_test(module: str) -> None:
    own = (f"src/modules/{module}/", "contracts/", "tests/")
    found = [path for path in of_module(module).texts if path.endswith(".py") and not path.startswith(own)]
    assert len(found) <= 10, found


@pytest.mark.parametrize("module", PROJECT.modules)
def test_the_contracts_come_with_their_locks(module: str) -> None:
    paths = set(of_module(module).texts)
    contracts = {path for path in paths if re.fullmatch(r"contracts/[a-z]\w*\.py", path)}
    locks = {f"contracts/lock/{Path(path).stem}.json" for path in contracts} | {"contracts/lock/language.json"}
    assert {path for path in locks if (REPOSITORY / path).is_file()} == {
        path for path in paths if path.startswith("contracts/lock/")
    }


def test_our_own_check_is_part_of_lint(service: Service) -> None:
    if "Makefile" in service.texts:
        assert "-m extraction check" in service.texts["Makefile"]
        assert "-m extraction compat" in service.texts["Makefile"]


def test_it_has_the_licence_of_the_monolith(service: Service) -> None:
    of_one = of_module("catalog").texts
    assert of_one["LICENSE"] == (REPOSITORY / "LICENSE").read_text()
    assert "MIT License, as that of seam: see [LICENSE](LICENSE)." in of_one["README.md"]
    assert ("LICENSE" in service.texts) == ("(LICENSE)" in service.texts["README.md"])


def test_files_that_are_no_text_are_left_aside() -> None:
    files = (File("static/dot.png", b"\x89PNG\r\n"), File("locale/de/LC_MESSAGES/django.mo", b"\xde\x12\x04\x95"))
    assert texts_of((*files, File("words.py", "GREETING = '…'\n".encode()))) == {"words.py": "GREETING = '…'\n"}


def test_no_line_of_prose_is_too_long(service: Service) -> None:
    for path in ("README.md", ".env.example", "compose.yaml"):
        long = [line for line in service.texts[path].splitlines() if len(line) > 120 and not line.startswith("|")]
        assert long == []


def _lines(service: Service) -> Iterator[tuple[str, str]]:
    for path, text in service.texts.items():
        for line in text.splitlines():
            yield path, line
