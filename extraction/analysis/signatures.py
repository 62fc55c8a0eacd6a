"""The arguments of functions as their files write them, made comparable over files: nothing of the project is run."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from extraction.analysis.definitions import Function
from extraction.reading.layout import LAYERS
from extraction.reading.project import Project
from extraction.reading.source import Source
from seamline.contract.signatures import EMPTY, Argument

_UNIONS = frozenset({"typing.Optional", "typing.Union"})


def arguments(project: Project, source: Source, function: Function) -> list[Argument]:
    """List a function's arguments; two annotations or defaults that mean the same are equal texts."""
    reader = Reader(_sources(project))
    given = function.args
    placed = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(placed) - len(given.defaults)) + given.defaults
    pairs = [*zip(placed, defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    starred = [Argument(found.arg, EMPTY, has_place=False) for found in (given.vararg, given.kwarg) if found]
    listed = [
        Argument(
            found.arg,
            reader.read(source, found.annotation) if found.annotation else EMPTY,
            reader.read(source, default, quoted=False) if default else EMPTY,
            has_place=found in given.args,
            written=ast.unparse(found.annotation) if found.annotation else "",
        )
        for found, default in pairs
    ]
    return [*listed, *starred]


class Reader:
    """Reads expressions into texts with every name written out: `Money | None` as `None | seamline.contract.Money`."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._reading: set[str] = set()

    def read(self, source: Source, node: ast.expr, *, quoted: bool = True) -> str:
        """Read an expression. An annotation may be `quoted`: a string in it is one itself."""
        match node:
            case ast.Constant(value=str(text)) if quoted:
                return self._read_text(source, text)
            case ast.Constant(value=value):
                return repr(value)
            case ast.Name() | ast.Attribute():
                return self._read_name(source.qualified(node) or self._local(source, node))
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return _unite([self.read(source, left), self.read(source, right)])
            case ast.Subscript(value=base, slice=inner):
                return self._read_subscript(source, self.read(source, base), inner)
            case ast.Call(func=func, args=args, keywords=keywords):
                listed = [self.read(source, item, quoted=False) for item in args]
                listed += sorted(f"{k.arg}={self.read(source, k.value, quoted=False)}" for k in keywords)
                return f"{self.read(source, func)}({', '.join(listed)})"
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return f"({', '.join(self.read(source, item, quoted=quoted) for item in items)})"
        return ast.unparse(node)

    def _read_text(self, source: Source, text: str) -> str:
        try:
            return self.read(source, ast.parse(text, mode="eval").body)
        except SyntaxError:
            return text

    def _read_subscript(self, source: Source, base: str, inner: ast.expr) -> str:
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if base in _UNIONS:
            return _unite([*(self.read(source, item) for item in items), *(["None"] if base[-1] == "l" else [])])
        literal = base == "typing.Literal"
        return f"{base}[{', '.join(self.read(source, item, quoted=not literal) for item in items)}]"

    def _local(self, source: Source, node: ast.expr) -> str:
        known = isinstance(node, ast.Name) and _value_of(source, node.id) is not None
        return f"{source.name}.{ast.unparse(node)}" if known else ast.unparse(node)

    def _read_name(self, dotted: str) -> str:
        """Follow a name to where it is defined, and an alias to what it stands for."""
        holder, _, name = dotted.rpartition(".")
        source = self._sources.get(holder)
        if source is None or dotted in self._reading:
            return dotted
        self._reading.add(dotted)
        try:
            if (value := _value_of(source, name)) is not None:
                return self.read(source, value)
            passed_on = source.names.get(name, dotted)
            return dotted if passed_on == dotted else self._read_name(passed_on)
        finally:
            self._reading.discard(dotted)


def _unite(members: list[str]) -> str:
    return " | ".join(sorted({part for member in members for part in _parts(member)}))


def _parts(member: str) -> Iterator[str]:
    """The members of a union that is a member of another; one inside brackets stays as it is."""
    depth, part = 0, ""
    for word in member.split(" "):
        depth += word.count("[") + word.count("(") - word.count("]") - word.count(")")
        if word == "|" and depth == 0:
            yield part
            part = ""
        else:
            part = f"{part} {word}" if part else word
    yield part


def _value_of(source: Source, name: str) -> ast.expr | None:
    """What a name at the top of a file is given: `Weight = Annotated[str, …]`, or `type Weight = …`."""
    for node in source.tree.body:
        given = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", getattr(node, "name", None))]
        value = getattr(node, "value", None)
        if isinstance(value, ast.expr) and any(isinstance(item, ast.Name) and item.id == name for item in given):
            return value
    return None


@cache
def _sources(project: Project) -> Mapping[str, Source]:
    own = (source for name in ("contracts", "modules") for source in project.sources(LAYERS[name]))
    return {source.name: source for source in (*project.runtime_sources, *own)}
