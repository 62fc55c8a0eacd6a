"""Log events: where each is logged, with which fields, and what docs/operate.md says of it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from docs.site.reference.declared import REPOSITORY, Call, Incomplete, calls, code, table, texts

LOGGED = re.compile(r"log\.(debug|info|warning|error|exception|log)")
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| (.+) \|$", re.M)


@dataclass
class LogEvent:
    """One event of the log."""

    levels: dict[str, None] = field(default_factory=dict)
    fields: dict[str, None] = field(default_factory=dict)


def page() -> str:
    """Write the page. Raises `Incomplete` for an event that docs/operate.md does not have, or has in vain."""
    found, told = events(), meanings()
    if lacking := sorted(found.keys() - told.keys()):
        raise Incomplete(f"docs/operate.md has no log event {', '.join(lacking)}: add it to its table")
    if gone := sorted(told.keys() - found.keys()):
        raise Incomplete(f"docs/operate.md has the log event {', '.join(gone)}, which nothing logs")
    rows = [
        (code(name), ", ".join(event.levels), ", ".join(map(code, event.fields)), told[name])
        for name, event in sorted(found.items())
    ]
    return (
        "One JSON object a line, on the error stream. Each has `event`, `level`, `logger`, `timestamp` and, where "
        "there is one, `request_id`, `trace_id` and `span_id`. `exception` is there where the cause is. "
        "[Operate](../operate.md#logs) says how to follow one request.\n\n"
    ) + table(("event", "level", "fields", ""), rows)


def events() -> dict[str, LogEvent]:
    """Find every event that the runtime and the modules log, by its name."""
    found: dict[str, LogEvent] = {}
    for call in calls():
        if LOGGED.fullmatch(call.name):
            for level, name in logged(call):
                event = found.setdefault(name, LogEvent())
                event.levels[level] = None
                words = (word.arg for word in call.node.keywords)
                event.fields |= dict.fromkeys(word for word in words if word and word != "exc_info")
    return found


def logged(call: Call) -> Iterator[tuple[str, str]]:
    """Tell what a call logs: levels and names, several where a condition decides or the caller says which."""
    level, arguments = call.name.rpartition(".")[2], call.node.args
    if level == "log":
        levels = [each.attr.lower() for each in ast.walk(arguments[0]) if isinstance(each, ast.Attribute)]
        yield from zip(levels, texts(arguments[1]), strict=True)
        return
    level = "error" if level == "exception" else level
    if isinstance(arguments[0], ast.Name) and call.function:
        yield from ((level, name) for name in _given(call.function, arguments[0].id, call.path))
    else:
        yield from ((level, name) for name in texts(arguments[0]))


def _given(function: ast.FunctionDef, parameter: str, path: str) -> Iterator[str]:
    """Find which events a function is given to log by those who call it."""
    position = [each.arg for each in function.args.args].index(parameter)
    for other in calls():
        is_it = other.name.rpartition(".")[2] == function.name and len(other.node.args) > position
        if is_it and (other.path == path or not function.name.startswith("_")):
            yield from texts(other.node.args[position])


def meanings() -> dict[str, str]:
    """Read what docs/operate.md says of each event."""
    section = (REPOSITORY / "docs/operate.md").read_text().partition("\n## Logs\n")[2].partition("\n### ")[0]
    section = re.sub(r"\]\((?=[\w-]+\.md)", "](../", section)
    return {name: words for listed, words in ROW.findall(section) for name in re.findall(r"\w+", listed)}
