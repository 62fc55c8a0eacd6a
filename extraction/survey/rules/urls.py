"""URL names of other apps: reversed, redirected to, linked in a template."""

import ast
import re
from collections.abc import Iterator

from extraction.survey.facts import Clue, UrlName
from extraction.survey.model import App, Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import Module, argument, text

_NAME = re.compile(r"[\w-]+(:[\w-]+)*")
_TAG = re.compile(r"""(?:\{%-?\s*url\s+|\burl\(\s*)["']([\w:.-]+)["']""")
_REVERSING = frozenset({"reverse", "reverse_lazy", "redirect", "resolve_url"})
_ROUTING = frozenset({"path", "re_path", "url"})


def definitions(module: Module) -> Iterator[UrlName]:
    """Tell which names a file gives to URLs."""
    namespace = module.constants.get("app_name", "")
    for call, _ in module.calls:
        last = module.spelled(call.func).rpartition(".")[2]
        if last in _ROUTING and (name := module.string(argument(call, 3, "name"))):
            yield UrlName(name, _view(module, argument(call, 1, "view")), namespace)
        elif last == "register" and isinstance(call.func, ast.Attribute) and len(call.args) > 1:
            name = module.string(argument(call, 2, "basename", "base_name"))
            if name:
                yield UrlName(f"{name}-*", _view(module, call.args[1]), namespace)


def _view(module: Module, node: ast.expr | None) -> str:
    while isinstance(node, ast.Call):
        inner = node.func
        is_method = isinstance(inner, ast.Attribute) and inner.attr in ("as_view", "as_asgi")
        node = inner.value if is_method and isinstance(inner, ast.Attribute) else (node.args[0] if node.args else None)
    return text(node) or module.qualified(node) or ""


def collect(subject: Subject) -> Iterator[tuple[int, str]]:
    """Notice names that are reversed."""
    module = subject.module
    for call, _ in module.calls:
        if module.spelled(call.func).rpartition(".")[2] in _REVERSING:
            name = module.string(argument(call, 0, "viewname", "to"))
            if name and _NAME.fullmatch(name):
                yield call.lineno, name


def of_template(text: str) -> Iterator[tuple[int, str]]:
    """Notice names that a template links to."""
    for match in _TAG.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose URL it is, where all of that name are one app's."""
    owners = list(_owners(place, clue.data))
    if owners and place.app not in owners and len(set(map(id, owners))) == 1:
        yield from place.to("url-name", clue.line, owners[0], clue.data, f"reverses the URL name {clue.data}")


def _owners(place: Place, name: str) -> Iterator[App | None]:
    namespace, _, last = name.rpartition(":")
    urls = place.index.urls
    found = urls.get(last, []) or urls.get(f"{last.rpartition('-')[0]}-*", [])
    for defined, app in found:
        if not namespace or namespace.rpartition(":")[2] in (defined, app.label if app else ""):
            yield app


rule("urls", collect, resolve)
