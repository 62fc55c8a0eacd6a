"""Commands and programs that work on databases: Django's own, and PostgreSQL's."""

import ast
import re
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.string_values import evaluate_strings
from extraction.reading.source import Source, argument

COMMAND = "django.core.management.call_command"
DATA = frozenset(
    {
        "createcachetable",
        "dbshell",
        "dumpdata",
        "flush",
        "inspectdb",
        "loaddata",
        "migrate",
        "sqlflush",
        "sqlsequencereset",
    }
)
"""Django's commands that work on one database, which is `default` unless they are told another."""
OF_ALL = frozenset({"load_demo", "migrate_all"})
STARTING = re.compile(
    r"(?:os\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?))|(?:subprocess\.(?:run|Popen|call|check_call|check_output|getoutput|getstatusoutput))"
    r"|(?:asyncio\.(?:\w+\.)?create_subprocess_(?:exec|shell))"
)
_PROGRAM = re.compile(r"(?:^|[\s/;|&(])(psql|pg_dump|pg_dumpall|pg_restore|createdb|dropdb|vacuumdb|reindexdb)(?=\s|$)")
FIX = "a module works on its own database only, by its models"


@rule
def commands(subject: Subject) -> Iterator[Finding]:
    """`call_command("dumpdata", "other")`, and a command that is told no database, or works on all of them."""
    for source in subject.sources:
        for name, call in source.calls():
            if name == COMMAND and not source.is_test:
                for command in evaluate_strings(source, argument(call, 0, "command_name")):
                    yield from _command(subject, source, call, command)


def _command(subject: Subject, source: Source, call: ast.Call, command: str) -> Iterator[Finding]:
    if other := next((word for word in _words(source, call.args) if word in subject.others), None):
        message = f"the command {command} is given {other}, which is another module"
        yield Finding(source.path, call.lineno, "command", message, FIX)
    elif command in OF_ALL:
        message = f"the command {command} works on the database of every module"
        yield Finding(source.path, call.lineno, "command", message, FIX)
    elif command in DATA and not _names_database(source, call):
        message = f"the command {command} works on the deployable's own database"
        yield Finding(source.path, call.lineno, "command", message, f"add database={subject.module!r}")


@rule
def programs(subject: Subject) -> Iterator[Finding]:
    """`psql`, `pg_dump` and their like, and `manage.py` with the name of another module."""
    for source in subject.sources:
        for name, call in source.calls():
            if STARTING.fullmatch(name) and not source.is_test:
                words = [*_words(source, [*call.args, *(keyword.value for keyword in call.keywords)])]
                program = next((match[1] for word in words if (match := _PROGRAM.search(word))), None)
                others = [word for word in words if word in subject.others and any("manage" in w for w in words)]
                if program or others:
                    message = f"{program or 'manage.py'} is run, past what a module may open"
                    yield Finding(source.path, call.lineno, "command", message, FIX)


def _words(source: Source, given: list[ast.expr]) -> Iterator[str]:
    """Every word that is given, also in lists; of an option also what it is set to."""
    for node in given:
        listed = source.values.get(getattr(node, "id", ""), (node,))
        for item in (item for value in listed for item in getattr(value, "elts", [value])):
            for value in evaluate_strings(source, item):
                yield value
                yield value.rpartition("=")[2]


def _names_database(source: Source, call: ast.Call) -> bool:
    named = {keyword.arg for keyword in call.keywords} & {"database", None}
    return bool(named) or any(word.startswith("--database") for word in _words(source, call.args))
