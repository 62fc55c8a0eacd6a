"""Another module's tables, named in SQL."""

import re
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule

FIX = "read only your own tables, and ask its module through the contract"
_TABLE = re.compile(
    r'\b(?:FROM|JOIN|INTO|UPDATE|TABLE|TRUNCATE|COPY|REFERENCES|ONLY|USING)\s+(?:"?\w+"?\.)?"?(\w+)', re.IGNORECASE
)


@rule
def tables_in_sql(subject: Subject) -> Iterator[Finding]:
    """SQL in a string, or in a `.sql` file, that names a table of another module."""
    for source in subject.sources:
        for value, node in source.strings():
            for table, offset in _foreign_tables(subject, value):
                yield _finding(source.path, node.lineno + offset, table)
    for path in subject.project.files(subject.project.folder(subject.module)):
        if path.endswith(".sql"):
            sql = (subject.project.root / path).read_text()
            for table, offset in _foreign_tables(subject, sql):
                yield _finding(path, 1 + offset, table)


@rule
def tables_of_models(subject: Subject) -> Iterator[Finding]:
    """A model of one's own laid over another module's table with `db_table`."""
    for source in subject.sources:
        for name, line in source.assigned("db_table"):
            table = name.replace('"', "").rpartition(".")[2]
            if _owner(subject, table) in subject.others:
                yield _finding(source.path, line, table)


def _finding(path: str, line: int, table: str) -> Finding:
    return Finding(path, line, "sql", f"the table {table} is another module's", FIX)


def _foreign_tables(subject: Subject, sql: str) -> Iterator[tuple[str, int]]:
    for match in _TABLE.finditer(sql):
        if _owner(subject, match[1]) in subject.others:
            yield match[1], sql.count("\n", 0, match.start(1))


def _owner(subject: Subject, table: str) -> str | None:
    """Whose table it is, by its first words; the longest label wins: `order_items_line` is not `order`'s."""
    labels = [module for module in subject.project.modules if table.lower().startswith(f"{module}_")]
    return max(labels, key=len, default=None)
