"""Settings: what .env.example says of each, and how the code reads it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from config import identity
from docs.site.reference.declared import REPOSITORY, Call, Incomplete, calls, code, table, texts
from seamline.module import known

SECTION = re.compile(r"^# --- (.+) ---$", re.M)
GIVEN = re.compile(r"^#([A-Z_]+)=(.*)$")
NAME = re.compile(r"[A-Z][A-Z0-9_]+")
READERS = {
    "number": "a whole number",
    "factor": "a number",
    "seconds": "seconds",
    "flag": "true or false",
    "choice": "one of a few words",
    "folder": "a folder",
    "networks": "addresses or networks, with commas between",
    "host": "a host name or address",
    "broker_url": "a URL",
    "word": "a word",
    "base_url": "a base URL",
    "list": "a list, with commas between",
    "email_url": "a URL",
    "secret": "a secret",
    "str": "a text",
    "get": "a text",
}
"""How a setting is read, by the function that does."""
ENVIRONMENT = re.compile(r"(values|env|keys)\.|os\.environ\.get$")
OTHERS = {
    "DELIVERY_BROKER_URL": "CELERY_BROKER_URL, in a project that has a Celery of its own",
    "LISTEN_PID": "systemd's own, where it passes a socket on",
    "OTEL_SERVICE_NAME": "OpenTelemetry's own",
}
"""Read, and no setting of a deployable's `.env`."""
Reads = dict[str, list[Call]]


def reads() -> Reads:
    """Find where the runtime reads each variable of the environment, by its name."""
    found: Reads = defaultdict(list)
    for call in calls():
        if call.path.startswith("src/seamline/") and ENVIRONMENT.match(call.name):
            for argument in call.node.args[:2]:
                for name in texts(argument):
                    if NAME.fullmatch(name):
                        found[name].append(call)
                if texts(argument):
                    break
    return found


def described() -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Read .env.example: of each paragraph its section, its text and the settings in it with their examples."""
    _, *rest = SECTION.split((REPOSITORY / ".env.example").read_text())
    for section, text in zip(rest[::2], rest[1::2], strict=True):
        for paragraph in text.strip().split("\n\n"):
            lines = paragraph.splitlines()
            given = [match.groups() for line in lines if (match := GIVEN.match(line))]
            words = " ".join(line.removeprefix("#").strip() for line in lines if not GIVEN.match(line))
            words = words.replace("<", "&lt;")  # else what is in such brackets is taken for HTML
            yield section, words, [(name, example) for name, example in given]


def page() -> str:
    """Write the page. Raises `Incomplete` for a setting that is read and not described."""
    found, named = reads(), {name for *_, given in described() for name, _ in given}
    unknown = sorted(found.keys() - named - OTHERS.keys())
    if unknown:
        place = found[unknown[0]][0].path
        raise Incomplete(f".env.example has no {', '.join(unknown)}, which {place} reads: describe it there")
    text = (
        "From the environment, or from a file `.env` beside `manage.py`. In development nothing has to be set; what "
        "begins with *Production* has to be, there. An empty value counts as none, and one that will not do is refused "
        "at the start, in one line.\n"
    )
    before = ""
    for section, words, given in described():
        if section != before and not section.startswith("Settings of the modules"):
            text += f"\n## {section}\n"
        before = section
        if section.startswith("Settings of the modules"):
            continue
        if not given:
            text += f"\n{words}\n"
            continue
        text += f"\n### {', '.join(code(name) for name, _ in given)}\n\n{words}\n\n"
        rows = [(code(name), *_read(found.get(name, [])), code(example) if example else "") for name, example in given]
        text += table(("setting", "read as", "unless it is set", "for example"), rows)
    return text + _of_modules()


def _of_modules() -> str:
    rows = []
    for module, manifest in sorted(known().items()):
        for setting in getattr(manifest, "settings", ()):
            needed = "yes" if setting.required else ""
            name = f"{module.upper()}_{setting.name}"
            rows.append((code(name), setting.help, code(setting.development), needed))
    head = ("setting", "", "unless it is set", "required in production")
    return (
        "\n## Settings of the modules\n\nEach is declared by its module's manifest, and read as `<MODULE>_<NAME>`. "
        "Where one is required, production takes no value that development has, if it is a secret.\n\n"
    ) + table(head, rows)


def _read(found: list[Call]) -> tuple[str, str]:
    """Tell how a setting is read, and what serves where it is not set."""
    for call in found:
        reader = call.name.rpartition(".")[2]
        default = next((word.value for word in call.node.keywords if word.arg == "default"), None)
        rest = call.node.args[1:] if call.name.startswith("env.") else call.node.args[2:]
        if default is None and rest and not call.name.startswith("keys."):
            default = rest[0]
        kind = READERS.get(reader, "a text")
        if reader == "number":
            most = _value(rest[1], call).strip("`")
            kind += f", {most} at most"
        if reader == "choice":
            kind = f"one of {_value(rest[1], call)}"
        return kind, _value(default, call) if default is not None else ""
    return "", ""


def _value(node: ast.expr, call: Call) -> str:
    """Write what an expression comes to, which may be another in development."""
    if isinstance(node, ast.IfExp) and "development" in ast.unparse(node.test):
        return f"{_value(node.body, call)} in development, else {_value(node.orelse, call) or 'none'}"
    if ast.unparse(node) == "development":
        return "`true` in development, else `false`"
    module = import_module(call.path.removeprefix("src/").removesuffix(".py").replace("/", "."))
    try:
        value: Any = eval(ast.unparse(node), {**vars(module), "identity": identity})  # noqa: S307  an expression of our own code
    except NameError:
        return code(ast.unparse(node))
    if isinstance(value, tuple | list):
        return ", ".join(code(each) for each in value)
    if isinstance(value, bool):
        return code(str(value).lower())
    return f"{value:,}" if isinstance(value, int) and value > 99_999 else str(value) and code(value)
