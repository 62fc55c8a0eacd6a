"""The wheel of the runtime that a service gets: found, named with its hash, and installed from where it lies."""

import sys
import venv
from pathlib import Path

import pytest

from extraction.processes import installation
from extraction.processes.errors import Refused
from extraction.writing import runtime_wheel, tool_wheel
from extraction.writing.runtime_wheel import RuntimeWheel
from tests.packaging import wheels


@pytest.fixture(scope="module")
def wheel() -> RuntimeWheel:
    return runtime_wheel.find()


def test_it_is_the_one_that_make_dist_builds(wheel: RuntimeWheel, tmp_path: Path) -> None:
    built = wheels.build("seamline", tmp_path)
    assert (wheel.file_name, wheel.content) == (built.name, built.read_bytes())
    assert wheel.version in built.name


def test_an_installed_tool_finds_the_same_without_sources(wheel: RuntimeWheel, tmp_path: Path) -> None:
    python = wheels.install([wheels.build("extraction", tmp_path)], tmp_path / "venv")
    ask = "from extraction.writing.runtime_wheel import find; print(*find().pin())"
    assert wheels.run([python, "-c", ask], tmp_path) == " ".join(wheel.pin()) + "\n"


def test_an_installed_tool_packs_its_own_wheel_again(tmp_path: Path) -> None:
    built = wheels.build("extraction", tmp_path)
    python = wheels.install([built], tmp_path / "venv")
    pack = "import sys; from extraction.writing.tool_wheel import find; sys.stdout.write(' '.join(find().pin()))"
    assert tool_wheel.find().content == built.read_bytes()
    assert wheels.run([python, "-c", pack], tmp_path) == " ".join(tool_wheel.find().pin())


def test_its_requirements_are_ranges_with_extras_apart(wheel: RuntimeWheel) -> None:
    named = {requirement.name: requirement for requirement in wheel.requirements}
    assert "5.2.1" in named["django"].specifier
    assert named["django"].marker is None
    assert str(named["celery"].marker) == 'extra == "celery"'


@pytest.mark.parametrize(("extras", "name"), [((), "seamline"), (("postgres", "celery"), "seamline[celery,postgres]")])
def test_a_requirements_file_names_its_version(wheel: RuntimeWheel, extras: tuple[str, ...], name: str) -> None:
    assert wheel.requirement(extras) == f"{name}=={wheel.version}"


def test_pip_takes_it_from_its_folder_and_nowhere_else(wheel: RuntimeWheel, tmp_path: Path) -> None:
    service = tmp_path / "service"
    (service / runtime_wheel.FOLDER).mkdir(parents=True)
    (service / wheel.path).write_bytes(wheel.content)
    (service / "requirements").mkdir()
    lock = service / "requirements/base.txt"
    lock.write_text("\n".join(wheel.pin()) + "\n")
    venv.create(tmp_path / "venv", symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", tmp_path / "venv/bin/python", "--disable-pip-version-check"]
    install = [*pip, "install", "--no-index", "--no-deps", "--require-hashes", "--requirement", "requirements/base.txt"]

    assert "No matching distribution" in wheels.run(install, service, status=1)
    install += ["--find-links", runtime_wheel.FOLDER]
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0")[:-2] + "\n")
    assert "DO NOT MATCH THE HASHES" in wheels.run(install, service, status=1)
    lock.write_text("\n".join(wheel.pin()) + "\n")
    assert f"Successfully installed seamline-{wheel.version}" in wheels.run(install, service)


def test_sources_that_cannot_be_built_are_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = wheels.copy_inputs(tmp_path)
    monkeypatch.setattr(installation, "HOME", copy)
    version = copy / "src/seamline/__init__.py"
    version.write_text(version.read_text().replace("__version__ =", "version ="))
    with pytest.raises(Refused, match=r"cannot be built:\n(?s:.*)has no line such as __version__"):
        runtime_wheel.find.__wrapped__()


def test_without_the_builder_it_says_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(tmp_path, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    with pytest.raises(Refused, match=r"^hatchling is not installed here: `make lint` installs"):
        runtime_wheel.find.__wrapped__()
