"""What needs what is known from the installed metadata, and pins for other platforms keep their markers."""

from pathlib import Path

import pytest

from extraction.reading.requirements import Lock, extras, pruned, required, wanted
from tests.processes import REPOSITORY

FOLDER = REPOSITORY / "requirements"
INPUTS = {"base": ("base",), "local": ("base", "local"), "dev": ("base", "local", "dev")}


def _given(stem: str) -> str:
    modules = (path.read_text() for path in Path(REPOSITORY / "src/modules").glob("*/requirements.in"))
    return "\n".join([*((FOLDER / f"{name}.in").read_text() for name in INPUTS[stem]), *modules])


@pytest.mark.parametrize("stem", INPUTS)
def test_every_pin_is_explained_without_the_comments(stem: str) -> None:
    text = "\n".join(line for line in (FOLDER / f"{stem}.txt").read_text().splitlines() if not line.startswith("    #"))
    lock, given = Lock.parse(text), _given(stem)
    assert lock.closure(wanted(given), extras(given)) == lock.pins.keys()


def test_a_pin_for_another_platform_keeps_its_marker() -> None:
    lock = Lock.parse((FOLDER / "dev.txt").read_text())
    away = "colorama"  # for Windows only
    assert required(away) is None, "choose another"
    subset = lock.subset({"pytest"}, {"requirements/dev.in": {"pytest"}}, {})
    [line] = [line for line in subset.splitlines() if line.startswith(f"{away}==")]
    assert line.endswith("; sys_platform == 'win32' \\")
    assert Lock.parse(subset).pins.keys() == lock.closure(["pytest"])


def test_what_is_not_installed_keeps_what_nobody_else_explains() -> None:
    lock = Lock.parse("click==8\nnobody-has-this==1 ; os_name == 'nt'\nnor-this==2\niniconfig==2\n")
    assert lock.closure(["nobody-has-this"]) == {"nobody-has-this", "nor-this"}
    assert lock.closure(["click"]) == {"click"}


def test_extras_bring_what_only_they_require() -> None:
    lock = Lock.parse("pyjwt==2\ncryptography==1\ncffi==1\n")
    assert lock.closure(["pyjwt"]) == {"pyjwt"}
    assert "cryptography" in lock.closure(["pyjwt"], extras("PyJWT[crypto]>=2  # tokens"))


def test_lines_of_an_input_are_read_as_pip_reads_them() -> None:
    text = "-r base.in\n# about Django\nDjango~=5.2.0\nredis; python_version < '3.13'\nx @ https://example.org/x.whl\n"
    assert [*wanted(text)] == ["django", "redis", "x"]
    assert pruned(text, {"x"}) == "-r base.in\n# about Django\nx @ https://example.org/x.whl\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.name)
def test_no_lock_says_where_an_index_is(path: Path) -> None:
    assert "://" not in path.read_text()
    assert "index-url" not in path.read_text()
