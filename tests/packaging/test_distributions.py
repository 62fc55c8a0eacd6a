"""The two distributions: whole, valid, the same bytes from the same content, and of use where nothing else is."""

import ast
import re
import shutil
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.utils import canonicalize_name
from packaging.version import Version

from extraction.writing import shared_files
from tests.packaging import wheels
from tests.packaging.wheels import PACKAGES
from tests.processes import REPOSITORY

VERSION_FILE = "src/seamline/__init__.py"
OWN = {"config", "contracts", "extraction", "modules", "seamline"}
IN_SETTINGS = {"argon2-cffi", "django-cors-headers", "whitenoise"}
"""Named in the settings of every deployable, and imported by Django."""
RUN = {"ruff"}
"""Run by the tool, as a program."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both wheels, by package."""
    folder = tmp_path_factory.mktemp("dist")
    return {package: wheels.build(package, folder) for package in PACKAGES}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What they are made of, elsewhere and under no git."""
    return wheels.copy_inputs(tmp_path / "copy")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_same_content_is_the_same_bytes(package: str, built: dict[str, Path], copy: Path, tmp_path: Path) -> None:
    again = wheels.build(package, tmp_path, copy, SOURCE_DATE_EPOCH="1700000000", TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert again.name == built[package].name
    assert again.read_bytes() == built[package].read_bytes()


@pytest.mark.parametrize(
    ("path", "changed"),
    {
        "src/seamline/shutdown.py": {"seamline", "extraction"},
        "src/seamline/templates/redoc.html": {"seamline", "extraction"},
        "src/seamline/new.txt": {"seamline", "extraction"},
        "distributions/seamline/README.md": {"seamline", "extraction"},
        "distributions/contents.py": {"seamline", "extraction"},
        "extraction/writing/templates/service/README.md.jinja": {"extraction"},
        "distributions/extraction/pyproject.toml": {"extraction"},
        "deployable.mk": {"extraction"},
    }.items(),
)
def test_other_content_is_another_version(path: str, changed: set[str], copy: Path) -> None:
    before = {package: wheels.version(package, copy) for package in PACKAGES}
    with (copy / path).open("a") as file:
        file.write("\n")
    assert {package for package in PACKAGES if wheels.version(package, copy) != before[package]} == changed


def test_only_what_was_tagged_has_a_plain_version(copy: Path) -> None:
    line = re.compile(r'__version__ = ".+"')
    (copy / VERSION_FILE).write_text(line.sub('__version__ = "1.2.3"', (copy / VERSION_FILE).read_text()))
    assert wheels.version("seamline", copy).startswith("1.2.3+g")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "-q"), ("add", "."), (*author, "commit", "-qm", "Release"), ("tag", "v1.2.3")):
        wheels.run(["git", *arguments], copy)
    assert [wheels.version(package, copy) for package in PACKAGES] == ["1.2.3", "1.2.3"]

    new = copy / "src/seamline/new.py"
    new.touch()
    assert [wheels.version(package, copy)[:7] for package in PACKAGES] == ["1.2.3+g", "1.2.3+g"]
    new.unlink()

    with (copy / "extraction/plan.py").open("a") as file:
        file.write("\n")
    assert wheels.version("seamline", copy) == "1.2.3"
    assert wheels.version("extraction", copy).startswith("1.2.3+g")


def test_another_builder_is_refused(copy: Path) -> None:
    project = copy / "distributions/seamline/pyproject.toml"
    project.write_text(re.sub(r"hatchling==[\d.]+", "hatchling==1.0.0", project.read_text()))
    command = [sys.executable, "-m", "hatchling", "version"]
    assert "hatchling==1.0.0 builds this, and hatchling==" in wheels.run(command, project.parent, status=1)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_builder_is_the_one_that_is_pinned_with_its_hash(package: str) -> None:
    project = tomllib.loads((REPOSITORY / "distributions" / package / "pyproject.toml").read_text())
    [wanted] = project["build-system"]["requires"]
    assert re.search(
        rf"(?m)^{re.escape(wanted)} \\\n +--hash=sha256:", (REPOSITORY / "requirements/dev.txt").read_text()
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_the_metadata_is_valid_and_whole(package: str, built: dict[str, Path]) -> None:
    told = Metadata.from_email(
        wheels.read(built[package], r"[^/]+\.dist-info/METADATA")
    )  # raises where it is not valid
    assert Version(built[package].name.split("-")[1]) == told.version
    assert told.requires_python is not None
    assert "3.11" in told.requires_python
    assert "3.10" not in told.requires_python
    assert (told.license_expression, told.license_files) == ("MIT", ["LICENSE"])
    assert wheels.read(built[package], r".+/licenses/LICENSE") == (REPOSITORY / "LICENSE").read_bytes()
    assert told.description
    assert told.description_content_type == "text/markdown"


@pytest.mark.parametrize(("package", "folder"), PACKAGES.items())
def test_every_file_of_the_package_is_in_it_and_no_other(package: str, folder: str, built: dict[str, Path]) -> None:
    expected = {path.replace(folder, package, 1) for path in wheels.tracked(folder)}
    if package == "extraction":
        expected.add(f"extraction/wheels/{built['seamline'].name}")
        expected |= {f"extraction/deployable/{path}" for path in shared_files.list_paths(REPOSITORY)}
    assert wheels.names(built[package]) == expected
    assert not [name for name in expected if "/tests/" in name and not re.search("template|/deployable/", name)]


def test_the_runtime_says_its_types_and_its_version(built: dict[str, Path]) -> None:
    assert "seamline/py.typed" in wheels.names(built["seamline"])
    body = ast.parse(wheels.read(built["seamline"], "seamline/__init__.py")).body
    assert not [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    [assigned] = [ast.literal_eval(node.value) for node in body if isinstance(node, ast.Assign)]
    assert assigned == built["seamline"].name.split("-")[1]


def test_the_tool_carries_the_runtime_of_its_version(built: dict[str, Path]) -> None:
    assert wheels.read(built["extraction"], r"extraction/wheels/.+\.whl") == built["seamline"].read_bytes()


def test_what_they_import_is_what_they_declare(built: dict[str, Path]) -> None:
    runtime, tool = map(wheels.requirements_of, built.values())
    within = wheels.required(runtime, {"binary", "celery", "discovery", "postgres", "reload", "traces"}).keys()
    assert _distributions_imported("src/seamline") <= within
    assert {found.name for found in runtime if not found.marker} - _distributions_imported(
        "src/seamline"
    ) == IN_SETTINGS
    always = {found.name for found in tool if not found.marker}
    assert always - _distributions_imported("extraction") == RUN
    assert _distributions_imported("extraction") - always - within == {"hypothesis"}


def test_what_is_pinned_here_is_in_every_range(built: dict[str, Path]) -> None:
    pins = dict(re.findall(r"(?m)^([\w-]+)==([\w.]+)", (REPOSITORY / "requirements/dev.txt").read_text()))
    for package in PACKAGES:
        ranges = [found for found in wheels.requirements_of(built[package]) if found.name != "seamline"]
        assert [str(each) for each in ranges if pins[each.name] not in each.specifier] == []


def test_both_ends_of_the_range_of_django_are_tested(built: dict[str, Path]) -> None:
    [supported] = [found.specifier for found in wheels.requirements_of(built["seamline"]) if found.name == "django"]
    lowest, highest = re.findall(r'DJANGO="==([\d.]+)"|DJANGO="~=([\d.]+)"', (REPOSITORY / "Makefile").read_text())
    assert f">={lowest[0]}" in str(supported)
    major, minor, _ = Version(highest[1]).release
    assert f"{major}.{minor}.99" in supported
    assert f"{major}.{minor + 1}" not in supported


def test_a_deployable_loads_on_the_installed_runtime(built: dict[str, Path], tmp_path: Path) -> None:
    python = wheels.install([built["seamline"]], tmp_path / "venv", "binary", "celery", "discovery", "postgres")
    deployable = _copied(tmp_path / "deployable", "contracts", "src/config", "src/modules")
    shutil.copy(REPOSITORY / "manage.py", deployable)
    assert "no issues" in wheels.run([python, "manage.py", "check"], deployable)
    ask = "import seamline; from importlib.metadata import version as v; print(seamline.__version__, v('seamline'))"
    assert set(wheels.run([python, "-c", ask], deployable).split()) == {built["seamline"].name.split("-")[1]}


def test_the_installed_tool_reads_a_repository_without_the_runtime(built: dict[str, Path], tmp_path: Path) -> None:
    python = wheels.install([built["extraction"]], tmp_path / "venv")
    tool = python.with_name("extraction")
    repository = _copied(tmp_path / "repository", "contracts", "requirements", "src")
    assert wheels.run([python, "-c", "from importlib.util import *; print(find_spec('django'))"], tmp_path) == "None\n"

    assert "Usage: extraction " in wheels.run([tool, "--help"], tmp_path)
    assert "compatible with the lock" in wheels.run([tool, "compat"], repository)
    assert "run `make lint` there" in wheels.run([tool, "check", "payments"], repository, status=1)
    refused = wheels.run([tool, "verify", "somewhere"], repository, status=1)
    assert re.fullmatch(r'error: verify cannot run: .+: pip install "seamline-extraction\[runtime\]"\n', refused)

    (repository / ".venv").symlink_to(sys.prefix)
    assert "nothing stands in the way" in wheels.run([tool, "check", "payments"], repository)
    listed = wheels.run([tool, "list"], repository, COLUMNS="200")
    assert re.findall(r"(?m)^(\w+) +here +yes", listed) == sorted(
        path.name for path in repository.glob("src/modules/*/")
    )


def _copied(folder: Path, *places: str) -> Path:
    """Copy parts of this repository to where there is no git and nothing beside them."""
    for place in places:
        shutil.copytree(REPOSITORY / place, folder / place, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@cache
def _distributions_imported(folder: str) -> set[str]:
    """List whose packages the files of a folder import."""
    trees = [ast.parse((REPOSITORY / path).read_bytes()) for path in wheels.tracked(folder) if path.endswith(".py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    others = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OWN
    owners = metadata.packages_distributions()
    return {canonicalize_name(owners[name][0]) for name in others}
