"""The command line: what it says, and with which status it ends."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from extraction.reading import graph
from tests.extraction.miniature import Monolith

REPOSITORY = Path(__file__).parents[2]


def test_list(monolith: Monolith, monkeypatch: pytest.MonkeyPatch) -> None:
    monolith.write("src/modules/ink/extra.py", "import modules.pens\n")
    monkeypatch.setenv("PENS_URL", "http://127.0.0.1:9")

    lines = monolith.run("list").output.splitlines()

    assert [line.split()[:2] for line in lines[1:]] == [["ink", "here"], ["pens", "http://127.0.0.1:9"]]
    assert "no: 1 finding" in lines[1]
    assert "yes" in lines[2]


def test_check_is_silent_of_what_is_well(monolith: Monolith) -> None:
    done = monolith.run("check")
    assert done.exit_code == 0
    assert done.output == "each of 2 modules can leave: nothing stands in the way\n"


def test_check_names_place_rule_and_remedy(monolith: Monolith) -> None:
    monolith.write("src/modules/ink/extra.py", "import modules.pens\n")
    done = monolith.run("check")
    assert done.exit_code == 1
    assert done.output.startswith("src/modules/ink/extra.py:1: [import] modules.ink.extra imports modules.pens")
    assert " - ask through its contract" in done.output


def test_check_as_json(monolith: Monolith) -> None:
    monolith.write("src/modules/ink/extra.py", "import modules.pens\n")
    done = monolith.run("check", "ink", "--json")
    assert done.exit_code == 1
    [finding] = json.loads(done.output)["findings"]
    assert (finding["path"], finding["line"], finding["rule"]) == ("src/modules/ink/extra.py", 1, "import")
    assert finding["chain"] == ["modules.ink.extra", "modules.pens"]


@pytest.mark.parametrize(
    "arguments",
    [("check", "paper"), ("extract", "paper", "--into", "x"), ("extract", "pens"), ("extract",), ("leave", "pens")],
)
def test_wrong_usage(arguments: tuple[str, ...], monolith: Monolith) -> None:
    assert monolith.run(*arguments).exit_code == 2


def test_a_folder_that_is_no_monolith(monolith: Monolith) -> None:
    (monolith.root / "contracts").rename(monolith.root / "elsewhere")
    done = monolith.run("list")
    assert done.exit_code == 2
    assert "has no contracts/" in done.output


@pytest.mark.parametrize("command", [[], ["list"], ["check"], ["extract"]])
def test_help_has_an_example(command: list[str], monolith: Monolith) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "extraction", *command, "--help"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "Example: python -m extraction" in done.stdout


def test_the_next_command_can_be_pasted(monolith: Monolith, tmp_path: Path) -> None:
    (tmp_path / "Ada's place").mkdir()
    done = monolith.extract(tmp_path / "Ada's place" / "service")
    command = next(line for line in done.output.splitlines() if "make run" in line).partition("&&")[0]
    subprocess.run(["sh", "-c", f"{command} && test -f manage.py"], check=True)


def test_make_extract_tells_its_usage_before_it_installs(tmp_path: Path) -> None:
    for name in ("Makefile", "deployable.mk"):
        shutil.copy(REPOSITORY / name, tmp_path)
    done = subprocess.run(["make", "extract", "PYTHONS=false"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: make extract MODULE=orders INTO=../orders-service\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "deployable.mk"]


def test_an_interruption_waits_for_the_graph_of_imports(tmp_path: Path) -> None:
    found = []

    class Interrupting(dict[str, Path]):
        def __getitem__(self, package: str) -> Path:
            found.append(package)
            signal.raise_signal(signal.SIGINT)
            return super().__getitem__(package)

    for name in ("pens", "ink"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    with pytest.raises(KeyboardInterrupt):
        graph.build(Interrupting({name: tmp_path / name for name in ("pens", "ink")}))
    assert sorted(found) == ["ink", "pens"]
