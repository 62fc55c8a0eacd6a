"""What a survey is written down as."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from extraction.cli import main
from extraction.survey import survey
from extraction.survey.outputs.as_html import as_html
from extraction.survey.outputs.as_json import as_json
from extraction.survey.outputs.as_sarif import as_sarif

LIBRARY = Path(__file__).parent / "library_project"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["survey", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_terminal_says_it_in_a_page() -> None:
    status, out, err = run(str(LIBRARY))
    assert (status, err) == (0, "")
    assert "library_project: 5 apps" in out
    assert re.search(r"foreign keys +2 +2 +foreign-key", out)
    assert "2 apps import each other" not in out
    assert "shared: a library" in out
    assert "ATOMIC_REQUESTS is set" in out


def test_apps_that_nothing_ties_have_no_table_and_users_to_whom_nobody_has_keys_no_remark(tmp_path: Path) -> None:
    model = "from django.db import models\n\nclass {0}(models.Model):\n    name = models.TextField()\n"
    user = "from django.contrib.auth.models import AbstractUser\n\nclass Reader(AbstractUser):\n    pass\n"
    (tmp_path / "settings.py").write_text("INSTALLED_APPS = ['pens', 'readers']\nAUTH_USER_MODEL = 'readers.Reader'\n")
    for app, models in (("pens", model.format("Pen")), ("readers", user)):
        (tmp_path / app).mkdir()
        (tmp_path / app / "models.py").write_text(models)
    status, out, _ = run(str(tmp_path))
    assert status == 0
    assert "2 apps in 3 files" in out
    assert "readers" in out
    assert "pairs of apps" not in out
    assert "it has the users" not in out


def test_an_app_and_a_kind_are_listed_with_path_and_line() -> None:
    status, out, _ = run(str(LIBRARY), "--app", "penalties", "--kind", "cascade")
    assert status == 0
    assert out == ("fines/models.py:6: [cascade] penalties -> loans: deleting a loans.Loan deletes every Note of it\n")


def test_json_has_everything_and_nothing_of_this_machine() -> None:
    status, out, _ = run(str(LIBRARY), "--json")
    said = json.loads(out)
    assert status == 0
    assert said == json.loads(json.dumps(as_json(survey(LIBRARY))))
    assert {app["label"] for app in said["apps"]} == {"accounts", "catalog", "loans", "penalties", "shared"}
    assert sum(kind["found"] for kind in said["kinds"]) == len(said["couplings"])
    assert str(LIBRARY.parent) not in out


def test_sarif_points_at_what_is_there() -> None:
    said = as_sarif(survey(LIBRARY))
    (run_,) = said["runs"]
    rules = [rule["id"] for rule in run_["tool"]["driver"]["rules"]]
    assert said["version"] == "2.1.0"
    assert len(run_["results"]) > 50
    for result in run_["results"]:
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        lines = (LIBRARY / place["artifactLocation"]["uri"]).read_text().splitlines()
        assert 1 <= place["region"]["startLine"] <= len(lines)
    prints = [result["partialFingerprints"]["coupling/v1"] for result in run_["results"]]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_stays_when_lines_move(tmp_path: Path) -> None:
    project = hostile_project(tmp_path, "pens")
    before = as_sarif(survey(project))["runs"][0]["results"]
    path = project / "pens" / "models.py"
    path.write_text("# moved\n\n" + path.read_text())
    after = as_sarif(survey(project))["runs"][0]["results"]
    assert [result["partialFingerprints"] for result in before] == [result["partialFingerprints"] for result in after]
    assert before != after


def hostile_project(root: Path, folder: str) -> Path:
    """A project whose texts would be elements of a page, if they were let."""
    project = root / f"shop {HOSTILE.replace('/', '_')} & 'co'"
    (project / folder).mkdir(parents=True)
    (project / "ink").mkdir()
    (project / "settings.py").write_text(f"INSTALLED_APPS = [{folder!r}, 'ink']\n")
    (project / "ink" / "models.py").write_text("from django.db import models\n\nclass Bottle(models.Model): ...\n")
    (project / folder / "models.py").write_text(
        f"from ink.models import Bottle\n\nA = 'SELECT * FROM ink_bottle'\nB = {HOSTILE!r}\n"
    )
    (project / folder / f"{HOSTILE.replace('/', '_')}.py").write_text("import ink.models\n")
    return project


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    page = as_html(survey(hostile_project(tmp_path, "pens")))
    assert "<img" not in page
    assert page.count("</script>") == 5
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert any(HOSTILE.replace("/", "_") in path for path in data["paths"])


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    project = hostile_project(tmp_path, "pens")
    (project / "pens" / "[bold]\x1b[2J.py").write_text("import ink.models\n")
    _, out, _ = run(str(project), "--app", "pens")
    assert "pens/[bold]\N{REPLACEMENT CHARACTER}[2J.py:1: [import]" in out
    assert "\x1b" not in out + run(str(project))[1]


def test_the_page_fetches_nothing() -> None:
    page = as_html(survey(LIBRARY))
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"')]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(link|script|img|iframe)[^>]+(src|href)=(?!\"data:,\")", page)


def test_a_page_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    status, _, err = run(str(LIBRARY), "--html", str(tmp_path / "page.html"))
    assert (status, err.replace("\n", "")) == (0, f"wrote {tmp_path / 'page.html'}")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["nowhere"], 2, "does not exist"),
        ([str(LIBRARY), "--app", "pens"], 2, "there is no app 'pens'; there are: accounts"),
        ([str(LIBRARY), "--kind", "pens"], 2, "is not one of"),
        ([str(LIBRARY), "--json", "--sarif"], 2, "give one of them"),
        ([str(LIBRARY), "--html", "/nowhere/page.html"], 1, "cannot be written: No such file or directory"),
        ([str(LIBRARY / "templates")], 1, "there is no Python file in"),
    ],
)
def test_a_wrong_call_is_told(arguments: list[str], status: int, complaint: str) -> None:
    ended, out, err = run(*arguments)
    assert (ended, out) == (status, "")
    assert complaint in " ".join(err.split())
