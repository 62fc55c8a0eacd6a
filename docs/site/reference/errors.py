"""Errors: every code that a problem may have, as its class or its endpoint declares it."""

import ast
import importlib.util
import pkgutil
from collections.abc import Iterator
from http import HTTPStatus

import contracts
from docs.site.reference.declared import calls, code, field_texts, table
from seamline.calls.wire import STATUS
from seamline.contract import ContractError
from seamline.http.problems import RETRY_AFTER_SECONDS
from seamline.layout import Layout

PROBLEM = "problem"


def page() -> str:
    """Write the page."""
    head = ("code", "status", "", "fields")
    rows = sorted(declared())
    runtime, modules = ([row for row in rows if row[0] == kind] for kind in ("runtime", "modules"))
    return (
        "A response that is no success is a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable "
        "`code`; what the error says of itself is in `data`, under the names of its fields. In Python it is a class, "
        "which a caller catches wherever the module lives. A status of 503 comes with `Retry-After: "
        f"{RETRY_AFTER_SECONDS}` unless something better is known.\n\n## Of any module\n\n"
        + table(head, [row[1:] for row in runtime])
        + "\n## Of requests\n\nWhat the HTTP interface says before a module is asked.\n\n"
        + table(("code", "status", ""), sorted(set(of_requests())))
        + "\n## Of the modules\n\n"
        + table(head, [row[1:] for row in modules])
    )


def declared() -> Iterator[tuple[str, ...]]:
    """List the errors that are classes, whose they are first."""
    layout = Layout()
    for name in (
        *(f"contracts.{info.name}" for info in pkgutil.iter_modules(contracts.__path__)),
        *(f"{layout.package_of(module)}.errors" for module in layout.names()),
    ):
        if importlib.util.find_spec(name):
            importlib.import_module(name)
    for error in _below(ContractError):
        package = error.__module__.partition(".")[0]
        if package in ("seamline", "contracts", "modules") and not error.__subclasses__():
            fields = ", ".join(_field(name, field_texts(error)) for name in error.Payload.__struct_fields__)
            whose = "runtime" if package == "seamline" else "modules"
            yield whose, code(error.code), str(int(STATUS[error.category])), _first_line(error), fields


def of_requests() -> Iterator[tuple[str, ...]]:
    """List the problems that are no classes."""
    for call in calls():
        if call.name == PROBLEM and len(call.node.args) > 2:
            status, name, title = call.node.args[:3]
            if isinstance(name, ast.Constant) and isinstance(title, ast.Constant):
                yield code(name.value), _status(status), str(title.value)


def _status(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    name = ast.unparse(node).rpartition(".")[2]
    return str(int(HTTPStatus[name])) if name in HTTPStatus.__members__ else "400, 408, 413, 415 or 422"


def _field(name: str, below: dict[str, str]) -> str:
    return f"{code(name)} ({below[name].rstrip('.')})" if name in below else code(name)


def _first_line(error: type) -> str:
    return (error.__doc__ or "").strip().partition("\n\n")[0]


def _below(cls: type[ContractError]) -> Iterator[type[ContractError]]:
    for inner in cls.__subclasses__():
        yield inner
        yield from _below(inner)
