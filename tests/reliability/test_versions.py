"""What versions of the runtime promise each other: rules that each new migration and wire version keeps."""

import ast
from pathlib import Path

import pytest

from seamline import versions
from tests.processes import REPOSITORY

MIGRATIONS = sorted((REPOSITORY / "src/seamline/migrations").glob("[0-9]*.py"))
TAKES_AWAY = {"RemoveField", "DeleteModel", "RenameField", "RenameModel", "AlterField", "AlterModelTable"}


class TablesAlone(ast.NodeTransformer):
    """Leaves out what a migration tells Django alone, of which tables know nothing."""

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        return None if node.arg == "state_operations" else self.generic_visit(node)


def operations(migration: Path) -> list[ast.Call]:
    tree = TablesAlone().visit(ast.parse(migration.read_text()))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if isinstance(call.func, ast.Attribute)]


def test_the_tables_have_the_version_of_the_last_migration() -> None:
    assert int(MIGRATIONS[-1].name[:4]) == versions.TABLES


@pytest.mark.parametrize("migration", MIGRATIONS[1:], ids=lambda path: path.stem)
def test_a_migration_only_adds_unless_its_name_says_otherwise(migration: Path) -> None:
    names = {call.func.attr for call in operations(migration) if isinstance(call.func, ast.Attribute)}
    if names & TAKES_AWAY:
        assert migration.stem[5:].startswith(f"{versions.CONTRACTS}_")


@pytest.mark.parametrize("migration", MIGRATIONS[1:], ids=lambda path: path.stem)
def test_what_a_migration_adds_an_older_process_need_not_fill(migration: Path) -> None:
    for call in operations(migration):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "AddField":
            [field] = [each.value for each in call.keywords if each.arg == "field"]
            assert isinstance(field, ast.Call)
            given = {each.arg for each in field.keywords}
            assert given & {"null", "db_default"}, f"{migration.name}: {ast.unparse(call)}"


def test_the_wire_that_is_written_is_read() -> None:
    assert versions.WIRE in versions.READ_WIRES


@pytest.mark.parametrize("header", [None, "1"])
def test_a_wire_version_that_is_known_is_read(header: str | None) -> None:
    assert versions.read_wire(header) == 1


@pytest.mark.parametrize("header", ["2", "0", "", "one", "1.0", "9" * 5000, "-1", "\u0661"])
def test_another_is_refused_in_a_line_that_says_what_to_do(header: str) -> None:
    with pytest.raises(versions.Unmet, match="is not understood here, but 1: update the older one first") as refused:
        versions.read_wire(header)
    assert len(str(refused.value)) < 200


def test_tables_of_a_later_version_are_borne_until_something_is_taken_away() -> None:
    versions.refuse_later(["0001_initial", "0002_more", "0003_more"])
    with pytest.raises(
        versions.Unmet, match=r"of version 9, which took away what version \d+ needs \(0009_contract_x\)"
    ):
        versions.refuse_later(["0001_initial", "0002_more", "0009_contract_x"])
