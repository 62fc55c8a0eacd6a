"""Each rule, seen red on a doctored copy: with the right place, and nothing else found."""

import ast
from pathlib import Path

import pytest

from extraction.analysis import Finding, check
from tests.extraction.detours import DETOURS
from tests.extraction.false_positives import FALSE_POSITIVES, SURROUNDINGS
from tests.extraction.miniature import Monolith
from tests.extraction.violations import PENS
from tests.extraction.violations import VIOLATIONS as PLAIN

VIOLATIONS = PLAIN | DETOURS
BAD = sorted(Path("tests/contracts/bad").resolve().glob("*.py"))
Found = dict[str, list[Finding]]


def place(name: str) -> str:
    """The file that a violation, or what looks like one, is in: one of its own."""
    if name in FALSE_POSITIVES:
        return f"{PENS}/false_positive_{[*FALSE_POSITIVES].index(name)}.py"
    return VIOLATIONS[name].path or f"{PENS}/violation_{[*VIOLATIONS].index(name)}.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What is found where all of them are in one monolith, by file."""
    monolith = Monolith(tmp_path_factory.mktemp("violations"))
    texts = {place(name): doctored.text for name, doctored in VIOLATIONS.items()}
    texts |= {place(name): text for name, text in FALSE_POSITIVES.items()}
    assert len(texts) == len(VIOLATIONS) + len(FALSE_POSITIVES)
    for path, text in {**SURROUNDINGS, **texts}.items():
        monolith.write(path, text)
    by_file: Found = {path: [] for path in texts}
    for finding in check(monolith.project, ["pens"]):
        by_file.setdefault(finding.path, []).append(finding)
    assert by_file.keys() == texts.keys()
    return by_file


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violation_is_found(name: str, found: Found) -> None:
    doctored = VIOLATIONS[name]
    here = found[place(name)]
    assert [(finding.line, finding.rule) for finding in here] == [(doctored.line, doctored.rule)], here
    assert doctored.says in str(here[0])
    assert here[0].fix


@pytest.mark.parametrize("name", FALSE_POSITIVES)
def test_what_is_allowed_is_not_found(name: str, found: Found) -> None:
    assert found[place(name)] == []


@pytest.mark.parametrize("text", ["def f(:\n", "\0"])
def test_what_is_not_python_is_found_and_nothing_else(text: str, monolith: Monolith) -> None:
    monolith.write(f"{PENS}/extra.py", text)
    monolith.write(f"{PENS}/another.py", "import modules.ink\n")
    [finding] = check(monolith.project, ["pens"])
    assert (finding.path, finding.line, finding.rule) == (f"{PENS}/extra.py", 1, "syntax")


def test_what_the_language_refuses_is_found_without_importing_it(monolith: Monolith) -> None:
    said = {}
    for path in BAD:
        monolith.write(f"contracts/{path.stem}.py", path.read_text().replace('"bad"', f'"{path.stem}"'))
        said[f"contracts/{path.stem}.py"] = ast.get_docstring(ast.parse(path.read_text())) or "?"
    here = check(monolith.project, ["pens"])
    assert [finding.path for finding in here] == [*said]
    for finding in here:
        assert said[finding.path] in f"{finding.message}; {finding.fix}"
        assert finding.rule == "contract"
        assert finding.line > 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("module='pens'", "module='pens' in the file of ink"),
        ("modul='ink'", "no modul=; it has module="),
        ("version=1", "not whose it is"),
    ],
)
def test_a_contract_that_is_not_its_files(words: str, says: str, monolith: Monolith) -> None:
    monolith.replace("contracts/ink.py", '(Contract, module="ink")', f"(Contract, {words})")
    [finding] = check(monolith.project, ["ink"])
    assert (finding.path, finding.line, finding.rule) == ("contracts/ink.py", 11, "contract")
    assert says in f"{finding.message}; {finding.fix}".replace('"', "'")


@pytest.mark.parametrize(
    "contract",
    [
        "def f(self, a: Kind, b: tuple[Line, ...] = (), c: 'Line | None' = None, d: Kind = 'a') -> Sku: ...",
        "def f(self, a: Annotated[datetime, msgspec.Meta(tz=True)], b: AwareDatetime) -> frozenset[Kind]: ...",
        "def f(self, b: Optional[Amount], c: Money, a: Literal['a'] = 'a') -> None: ...",
        "def f(self, a: Unknown.known) -> made_by(1): ...",
    ],
)
def test_what_can_cross_is_not_found(contract: str, monolith: Monolith) -> None:
    monolith.write(
        "contracts/paper.py",
        "import enum\nfrom datetime import datetime\nfrom typing import Annotated, Literal, NewType, Optional\n\n"
        "import msgspec\n\nfrom seamline.contract import AwareDatetime, Contract, Money, Value, query\n\n"
        "Sku = Annotated[str, msgspec.Meta(pattern='a')]\nAmount = NewType('Amount', int)\n\n"
        "class Kind(enum.StrEnum):\n    A = 'a'\n\n"
        "class Line(Value):\n    sku: Sku\n    inner: tuple['Line', ...] = ()\n\n"
        f"class Paper(Contract, module='paper'):\n    @query\n    {contract}\n",
    )
    assert check(monolith.project, ["ink"]) == []


@pytest.mark.parametrize(
    "application", ["django.contrib.sites", "django.contrib.redirects.apps.RedirectsConfig", "django.contrib.auth"]
)
def test_an_application_with_tables_is_found(application: str, monolith: Monolith) -> None:
    monolith.replace(f"{PENS}/module.py", "calls=(Ink,)", f"calls=(Ink,), apps=('{application}',)")
    [finding] = check(monolith.project, ["pens"])
    assert (finding.path, finding.line, finding.rule) == (f"{PENS}/module.py", 9, "model")
    assert application in finding.message


@pytest.mark.parametrize("application", ["django.contrib.humanize", "django.contrib.postgres", "nobody_has_this"])
def test_an_application_without_tables_is_not_found(application: str, monolith: Monolith) -> None:
    monolith.replace(f"{PENS}/module.py", "calls=(Ink,)", f"calls=(Ink,), apps=('{application}',)")
    assert check(monolith.project, ["pens"]) == []


def test_a_handler_commands_nothing(monolith: Monolith) -> None:
    """It runs in the transaction in which its event is remembered."""
    handler = "def on_ink_mixed(event: InkMixed):\n    call(Ink).mix()\n"
    imports = "from contracts.ink import Ink, InkMixed\nfrom seamline.calls import call\n\n"
    monolith.write(f"{PENS}/handlers.py", imports + handler)
    [finding] = check(monolith.project, ["pens"])
    assert (finding.path, finding.line, finding.rule) == (f"{PENS}/handlers.py", 5, "transaction")


def test_an_import_through_the_kernel_is_shown_with_its_chain(monolith: Monolith) -> None:
    monolith.write("src/seamline/shortcut.py", "\nfrom modules.ink import service\n")
    monolith.write(f"{PENS}/extra.py", "from seamline import shortcut\n")

    [found] = check(monolith.project, ["pens"])

    assert (found.path, found.line, found.rule) == ("src/seamline/shortcut.py", 2, "import")
    assert found.chain == ("modules.pens.extra", "seamline.shortcut", "modules.ink.service")


def test_a_declared_contract_that_nobody_calls(monolith: Monolith) -> None:
    monolith.write(f"{PENS}/queries.py", "def pen(): ...\n")
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.line, found.rule) == (f"{PENS}/module.py", 9, "unused")


def test_a_declared_event_that_nobody_handles(monolith: Monolith) -> None:
    monolith.write(f"{PENS}/handlers.py", "")
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.line, found.rule) == (f"{PENS}/module.py", 10, "unused")
    assert "on_ink_mixed" in found.message


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("calls=(Ink,)", "calls=(Ink, InkMixed)", 9),
        ("subscribes=(InkMixed,)", "subscribes=(InkMixed, Ink)", 10),
        ("serves=(Pens,)", "serves=(Pens, Ink)", 8),
    ],
)
def test_a_manifest_that_names_the_wrong_thing(old: str, new: str, line: int, monolith: Monolith) -> None:
    monolith.replace(f"{PENS}/module.py", old, new)
    found = [finding for finding in check(monolith.project, ["pens"]) if finding.rule == "undeclared"]
    assert [(finding.path, finding.line) for finding in found] == [(f"{PENS}/module.py", line)]


def test_an_operation_without_a_function(monolith: Monolith) -> None:
    monolith.write("src/modules/ink/service.py", "")
    [found] = check(monolith.project, ["ink"])
    assert (found.path, found.rule) == ("src/modules/ink/module.py", "unserved")
    assert "mix" in found.message


def test_a_contract_that_imports_too_much(monolith: Monolith) -> None:
    monolith.write("contracts/ink.py", "import django\n" + (monolith.root / "contracts/ink.py").read_text())
    found = check(monolith.project, ["ink"])
    assert [(f.path, f.line, f.rule) for f in found] == [("contracts/ink.py", 1, "contract")]


@pytest.mark.parametrize("package", ["src/modules/ink", "src/modules/pens/adapters", "src/seamline/parts"])
def test_a_folder_without_init(package: str, monolith: Monolith) -> None:
    monolith.write(f"{package}/something.py", "")
    (monolith.root / package / "__init__.py").unlink(missing_ok=True)
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == (f"{package}/__init__.py", "package")


def test_a_folder_that_no_statement_can_import(monolith: Monolith) -> None:
    monolith.write("src/modules/class/__init__.py", "")
    monolith.write(
        "src/modules/class/module.py", "from seamline.module import Module\n\nMODULE = Module(name='class')\n"
    )
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == ("src/modules/class/__init__.py", "package")
    assert "keyword" in found.message


def test_a_folder_without_manifest(monolith: Monolith) -> None:
    monolith.write("src/modules/paper/__init__.py", "")
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == ("src/modules/paper/module.py", "manifest")


def test_a_folder_of_tests_needs_no_init(monolith: Monolith) -> None:
    (monolith.root / PENS / "tests/__init__.py").unlink()
    assert check(monolith.project, ["pens"]) == []
    monolith.write(f"{PENS}/tests/test_ink.py", "import modules.ink\n")
    assert [finding.rule for finding in check(monolith.project, ["pens"])] == ["import"]


def test_an_empty_folder_is_no_module(monolith: Monolith) -> None:
    (monolith.root / "src/modules/gone/__pycache__").mkdir(parents=True)
    assert check(monolith.project, monolith.project.modules) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name="pens"', 'name="pencils"', "'pencils'"),
        ("calls=(Ink,)", "calls=EVERYTHING", "tuple"),
        ("calls=(Ink,)", "calls=(Unknown,)", "Unknown"),
        ("MODULE = Module(", "MANIFEST = Module(", "no MODULE"),
    ],
)
def test_a_manifest_that_cannot_be_read(old: str, new: str, says: str, monolith: Monolith) -> None:
    monolith.replace(f"{PENS}/module.py", old, new)
    [found] = check(monolith.project, ["pens"])
    assert (found.path, found.rule) == (f"{PENS}/module.py", "manifest")
    assert says in found.message


def test_one_module_is_not_blamed_for_another(monolith: Monolith) -> None:
    monolith.write("src/modules/ink/extra.py", "import os\n\nA = os.environ\n")
    assert check(monolith.project, ["pens"]) == []
    assert len(check(monolith.project, ["ink"])) == 1


LAGGING = {
    "def fill(wells: int): ...": "it lacks colour",
    "def fill(wells: int, colour: 'Shade', deep: bool): ...": "the contract has no deep",
    "def fill(colour: Shade, wells: int): ...": "the contract has them in another order: wells, colour",
    "def fill(wells: str, colour: Shade): ...": "wells is of another type (str, and int in the contract)",
    "def fill(wells: int, colour: 'Shade | None'): ...": "colour is of another type",
    "def fill(wells: int, colour): ...": "colour has no type",
    "def fill(wells: int, colour: Shade = None): ...": "colour has another default",
    "def fill(wells: int, *, colour: Shade): ...": "colour has no fixed place there",
    "def fill(*wells): ...": "wells has no fixed place there",
}
FITTING = [
    "def fill(wells: int, colour: Shade): ...",
    "def fill(wells: 'int', colour: 'Shade'): ...",
    "def fill(wells: Wide, colour: ink.Shade): ...\n\nWide = int",
]


def _with_wells(monolith: Monolith, function: str) -> list[Finding]:
    monolith.replace("contracts/ink.py", "def fill(self)", "def fill(self, wells: int, colour: Shade)")
    alias = "Shade = Annotated[str, msgspec.Meta(max_length=3)]"
    monolith.replace(
        "contracts/ink.py", "class Colour: ...", f"from typing import Annotated\n\nimport msgspec\n\n{alias}"
    )
    monolith.replace("src/modules/ink/module.py", "serves=(Ink,)", "serves=(Ink, ink.Wells)")
    monolith.replace("src/modules/ink/module.py", "from contracts.ink", "from contracts import ink\nfrom contracts.ink")
    imports = "from contracts import ink\nfrom contracts.ink import Shade\n\n"
    monolith.write("src/modules/ink/service.py", f"{imports}def mix(): ...\n\n{function}\n")
    return check(monolith.project, ["ink"])


@pytest.mark.parametrize("function", LAGGING)
def test_a_function_that_lags_behind_its_contract(function: str, monolith: Monolith) -> None:
    [found] = _with_wells(monolith, function)
    assert (found.path, found.line, found.rule) == ("src/modules/ink/service.py", 6, "unserved")
    assert f"fill takes other arguments than Wells.fill: {LAGGING[function]}" in found.message


@pytest.mark.parametrize("function", FITTING)
def test_a_function_that_means_the_same_in_other_words(function: str, monolith: Monolith) -> None:
    assert _with_wells(monolith, function) == []
