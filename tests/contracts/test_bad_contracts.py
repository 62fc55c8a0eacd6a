"""Each file in `bad/` declares a contract that cannot cross between modules; its docstring is what is said to that."""

import ast
import runpy
from pathlib import Path

import pytest

from seamline.contract import BadContract

BAD = sorted(Path(__file__).with_name("bad").glob("*.py"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_contract_is_refused_where_it_is_declared(path: Path) -> None:
    expected = ast.get_docstring(ast.parse(path.read_text()))
    with pytest.raises(BadContract) as refused:
        runpy.run_path(str(path), run_name=f"contracts.{path.stem}")
    where = str(refused.value).partition(": ")[0]
    assert str(refused.value).endswith(expected or "?")
    assert path.name in where or path.stem in where
