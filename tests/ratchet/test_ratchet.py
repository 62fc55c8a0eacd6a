"""A project of any layout, with a map of modules and a baseline that may only shrink."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from extraction.cli import main
from tests.processes import REPOSITORY

MAP = """[tool.seamline]
modules = {readers = "accounts", shelves = "catalog", lending = ["loans", "fines"]}
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The small project of the survey, with a map and a baseline."""
    root = tmp_path / "library"
    shutil.copytree(REPOSITORY / "tests" / "survey" / "library_project", root)
    (root / "pyproject.toml").write_text(MAP)
    assert run(root, "--start")[0] == 0
    return root


def run(root: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["check", "--root", str(root), *arguments])
    return result.exit_code, result.stdout, result.stderr


def add(path: Path, text: str) -> int:
    """Add lines at the end of a file; tell the number of the first."""
    before = path.read_text()
    path.write_text(before + text)
    return before.count("\n") + 1


def baseline(root: Path) -> list[dict[str, object]]:
    return json.loads((root / "seam-baseline.json").read_text())["couplings"]


def test_what_is_there_is_allowed(library: Path) -> None:
    status, out, _ = run(library)
    assert status == 0
    assert re.fullmatch(r"nothing new between 3 modules; \d+ couplings are still allowed\n", out)
    told = {(one["from"], one["to"]) for one in baseline(library)}
    assert told == {("lending", "shelves"), ("lending", "readers"), ("lending", "(every app)"), ("shelves", "readers"),
                    ("shelves", "lending")}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("accounts/new.py", "from catalog.models import Author\n", "import"),
        ("catalog/new.py", "from django.db import models\nclass A(models.Model):\n"
         "    r = models.ForeignKey('accounts.Reader', models.PROTECT)\n", "user-key"),
        ("catalog/new.py", "from django.db.models.signals import post_save\n"
         "post_save.connect(print, sender='loans.Loan')\n", "signal"),
        ("accounts/new.py", "def f(author):\n    return author.books.all()\n", "reverse-accessor"),
        ("accounts/new.py", "A = 'SELECT * FROM catalog_author'\n", "raw-sql"),
    ],
)  # fmt: skip
def test_what_is_new_is_told_with_its_place(library: Path, path: str, text: str, kind: str) -> None:
    add((library / path).with_suffix(".py"), text) if (library / path).exists() else (library / path).write_text(text)
    status, out, _ = run(library)
    (line,) = out.splitlines()
    assert status == 1
    assert line.startswith(f"{path}:{text.count(chr(10))}: [{kind}] ")


def test_once_more_in_the_same_file_is_new(library: Path) -> None:
    line = add(library / "loans" / "services.py", "\n\ndef again():\n    return Loan.objects.filter(book__title='A')\n")
    status, out, _ = run(library)
    assert status == 1
    assert out.startswith(f"loans/services.py:{line + 3}: [spanning-lookup] lending -> shelves: ")
    assert out.count("\n") == 1


def test_lines_and_files_may_move(library: Path) -> None:
    services = library / "loans" / "services.py"
    services.write_text("# moved\n\n" + services.read_text())
    (library / "loans" / "admin.py").rename(library / "loans" / "office.py")
    assert run(library)[0] == 0


def test_what_is_mended_must_be_taken_off(library: Path) -> None:
    before = len(baseline(library))
    admin = library / "loans" / "admin.py"
    admin.write_text(admin.read_text().replace("list_select_related", "# list_select_related"))
    status, out, _ = run(library)
    assert status == 1
    assert re.fullmatch(r"loans/admin.py: \[mended\] lending -> readers: loads reader, .* - take it off .*\n", out)
    assert run(library, "--shrink")[0] == 0
    assert len(baseline(library)) == before - 1
    assert run(library)[0] == 0


def test_shrinking_adds_nothing(library: Path) -> None:
    (library / "accounts" / "new.py").write_text("from catalog.models import Author\n")
    before = baseline(library)
    assert run(library, "--shrink")[0] == 1
    assert baseline(library) == before


def test_a_reason_stays_beside_what_stays(library: Path) -> None:
    path = library / "seam-baseline.json"
    said = json.loads(path.read_text())
    entry = next(one for one in said["couplings"] if one["path"] == "loans/admin.py")
    entry["reason"] = "the office looks at few"
    path.write_text(json.dumps(said))
    (library / "loans" / "admin.py").rename(library / "loans" / "office.py")
    assert run(library, "--shrink")[0] == 0
    assert [one["path"] for one in baseline(library) if one.get("reason")] == ["loans/office.py"]


def test_one_module_is_judged_alone(library: Path) -> None:
    (library / "accounts" / "new.py").write_text("from catalog.models import Author\n")
    assert run(library, "lending")[0] == 0
    assert run(library, "readers")[0] == 1


def test_programs_are_told_the_same(library: Path) -> None:
    (library / "accounts" / "new.py").write_text("from catalog.models import Author\n")
    status, out, _ = run(library, "--json")
    said = json.loads(out)
    assert (status, said["mended"]) == (1, [])
    assert [(one["path"], one["line"], one["kind"]) for one in said["new"]] == [("accounts/new.py", 1, "import")]
    status, out, _ = run(library, "--sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert (status, result["ruleId"], result["level"]) == (1, "import", "error")


def test_a_package_that_is_no_app_can_be_a_module(library: Path) -> None:
    (library / "library" / "reports.py").write_text("from catalog.models import Author\n")
    (library / "pyproject.toml").write_text(MAP.replace('"accounts"', '"accounts", front = "library"'))
    status, out, _ = run(library)
    assert status == 1
    assert "library/reports.py:1: [import] front -> shelves" in out


def test_without_a_baseline_everything_is_new(library: Path) -> None:
    (library / "seam-baseline.json").unlink()
    status, out, err = run(library)
    assert status == 1
    assert out.count("\n") > 40
    assert "check --start allows what is there" in " ".join(err.split())


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("[tool.seamline]\n", "needs a map such as"),
        ("[tool.seamline]\nmodules = {a = 1}\n", "modules.a is a package"),
        ("[tool.seamline]\nmodules = {a = 'nowhere.at.all'}\n", "names nowhere.at.all, and no such package"),
        (f"{MAP}rules = 1\n", "has rules; it knows baseline, contracts, libraries, modules"),
        ("[tool.seamline\n", "cannot be read"),
    ],
)
def test_a_map_that_is_wrong_is_told(library: Path, table: str, complaint: str) -> None:
    (library / "pyproject.toml").write_text(table)
    status, out, err = run(library)
    assert (status, out) == (2, "")
    assert complaint in " ".join(err.split())


@pytest.mark.parametrize("text", ["", "[]", '{"couplings": [1]}', '{"couplings": [{"path": "a"}]}'])
def test_a_baseline_that_is_none_is_told(library: Path, text: str) -> None:
    (library / "seam-baseline.json").write_text(text)
    status, _, err = run(library)
    assert status == 2
    assert "seam-baseline.json is no baseline" in " ".join(err.split())


def test_a_baseline_is_not_begun_twice(library: Path) -> None:
    status, _, err = run(library, "--start")
    assert status == 2
    assert "it may only shrink" in " ".join(err.split())


def test_without_a_map_there_is_no_ratchet(tmp_path: Path) -> None:
    status, _, err = run(tmp_path, "--start")
    assert status == 2
    assert "has no map of modules" in " ".join(err.split())
