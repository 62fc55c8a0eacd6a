"""What the tool says of a project's modules at several stages, and what no baseline allows any more."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from extraction.cli import main

PROJECT = Path(__file__).with_name("clinic_project")
MANIFEST = "clinic/billing/module.py"


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    root = tmp_path / "clinic"
    shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("__pycache__"))
    assert run(root, "check", "--start")[0] == 0
    return root


def run(root: Path, command: str, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [command, "--root", str(root), *arguments], env={"COLUMNS": "160"})
    return result.exit_code, result.stdout, result.stderr


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_the_list_tells_how_far_each_module_has_come(clinic: Path) -> None:
    status, said, _ = run(clinic, "list")
    assert status == 0
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in said.splitlines()[1:]}
    assert rows["appointments"].startswith("mapped - 3")
    assert rows["billing"].startswith("declared shared, warns 3 refuse")
    assert rows["letters"].startswith("own data schema 0 extract")


def test_a_module_that_left_is_at_the_last_stage(clinic: Path) -> None:
    left = "from seamline.module import ExtractedModule\n\nMODULE = ExtractedModule(name='letters', summary='')\n"
    (clinic / "letters/module.py").write_text(left)
    assert "letters       service" in run(clinic, "list")[1]


def test_what_a_library_has_is_no_coupling_even_inside_a_module(clinic: Path) -> None:
    shared = "appointments -> billing: imports clinic.core.models.Timestamped"
    edit(clinic / "pyproject.toml", 'billing = "clinic.billing"', 'billing = ["clinic.billing", "clinic"]')
    assert shared not in run(clinic, "check")[1]
    edit(clinic / "pyproject.toml", 'libraries = ["clinic.core"]\n', "")
    assert shared in run(clinic, "check")[1]


def test_couplings_by_tables_are_allowed_until_a_module_has_data_of_its_own(clinic: Path) -> None:
    assert run(clinic, "check")[0] == 0
    edit(clinic / MANIFEST, "data=Data.SHARED, guards=Guards.WARN", "data=Data.SCHEMA")
    status, said, _ = run(clinic, "check")
    assert status == 1
    assert "clinic/billing/models.py:8: [one-to-one] billing -> appointments" in said
    assert "whatever the baseline allows" in said
    found = json.loads(run(clinic, "check", "--json")[1])["unlawful"]
    assert {each["kind"] for each in found} == {"one-to-one", "cascade", "migration-dependency"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name="billing"', 'name="bills"', "the map calls it 'billing'"),
        ("data=Data.SHARED", "data=SHARED", "is no member of seamline.module.Data written out"),
        ("MODULE =", "MANIFEST =", "there is no MODULE"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_with_its_place(
    clinic: Path, before: str, after: str, said: str
) -> None:
    edit(clinic / MANIFEST, before, after)
    for command in ("list", "check"):
        status, _, errors = run(clinic, command)
        assert status == 2
        assert MANIFEST in errors and said in errors.replace("\n", " ")
