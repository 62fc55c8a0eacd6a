"""Endpoints that nobody could use: methods of a view that say not who may."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.source import Source

VIEWS = frozenset({"seamline.http.endpoints.Endpoint", "rest_framework.views.APIView"})
ENDPOINT = "seamline.http.endpoints.endpoint"
VERBS = frozenset({"get", "head", "post", "put", "patch", "delete"})
FIX = "decorate it with @endpoint(access=…, returns=…), with public, user or scope('…') from seamline.http.access"


@rule
def undeclared_endpoints(subject: Subject) -> Iterator[Finding]:
    """A method of a view without `@endpoint`, or an `@endpoint` without access: it answers 401 and 403 to everybody."""
    for source in subject.sources:
        for node in source.nodes:
            if isinstance(node, ast.ClassDef) and not source.is_test and _is_view(subject, source, node):
                for method in node.body:
                    if (
                        isinstance(method, ast.FunctionDef)
                        and method.name in VERBS
                        and not _is_declared(source, method)
                    ):
                        message = f"{node.name}.{method.name} says not who may use it, so that nobody may"
                        yield Finding(source.path, method.lineno, "endpoint", message, FIX)


def _is_view(subject: Subject, source: Source, node: ast.ClassDef, depth: int = 9) -> bool:
    """Whether a class is a view that lets nobody in by itself, also by way of another of the module."""
    if any("permission_classes" in ast.unparse(item) for item in node.body if isinstance(item, ast.Assign)):
        return False
    for base in node.bases:
        name = source.qualified(base) or ""
        if name in VIEWS:
            return True
        for other in subject.sources if depth else ():
            for found in other.tree.body:
                if isinstance(found, ast.ClassDef) and f"{other.name}.{found.name}" == name:
                    return _is_view(subject, other, found, depth - 1)
    return False


def _is_declared(source: Source, method: ast.FunctionDef) -> bool:
    for decorator in method.decorator_list:
        if isinstance(decorator, ast.Call) and source.qualified(decorator.func) == ENDPOINT:
            return bool({"access", None} & {keyword.arg for keyword in decorator.keywords})
    return any(source.qualified(d.func if isinstance(d, ast.Call) else d) is None for d in method.decorator_list)
