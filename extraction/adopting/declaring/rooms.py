"""The files of a declared module: its contract, its manifest, and the rooms that answer for it."""

import ast
from collections.abc import Iterable, Iterator

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring.draft import Draft, Operation
from extraction.processes.ruff import format_python
from extraction.survey.index import Model
from seamline.contract.names import snake_case

_RUNTIME = "seamline.contract"


def write_rooms(codebase: Codebase, draft: Draft, changes: Changes) -> None:
    """Write the contract, the manifest and the rooms. Raises `Refused` where a file of the name is in the way."""
    label, folder = draft.app.label, draft.app.folder
    if draft.operations:
        path = codebase.contract_path(label)
        package = f"{path.rpartition('/')[0]}/__init__.py"
        if not (codebase.root / package).exists():
            changes.put(package, "")
        _put(changes, path, _contract(draft))
        for room, is_query in (("queries", True), ("service", False)):
            operations = [each for each in draft.operations if each.is_query is is_query]
            if operations:
                _write_room(codebase, draft, f"{folder}/{room}.py", operations, changes)
    _put(changes, f"{folder}/module.py", _manifest(codebase, draft))
    number = len(draft.operations)
    changes.notes.append(
        f"{folder}/module.py: {label} is declared, with {number} operation{'' if number == 1 else 's'} "
        "in its contract; its tables stay where they are"
    )


def _put(changes: Changes, path: str, text: str) -> None:
    changes.put(path, format_python(changes.root, path, text))


def _manifest(codebase: Codebase, draft: Draft) -> str:
    package = codebase.index.files.get(draft.app.package)
    said = ast.get_docstring(codebase.module(package.path).tree) if package else None
    summary = (said or f"The app {draft.app.label}.").splitlines()[0]
    serves = f"    serves=({draft.contract},),\n" if draft.operations else ""
    imported = f"from {codebase.contracts}.{draft.app.label} import {draft.contract}\n" if draft.operations else ""
    return (
        f"{imported}from seamline.module import Data, Guards, Module\n\n"
        f"MODULE = Module(\n    name={draft.app.label!r},\n    summary={summary!r},\n{serves}"
        "    data=Data.SHARED,\n    guards=Guards.WARN,\n)\n"
    )


def _contract(draft: Draft) -> str:
    types = [parameter.type for operation in draft.operations for parameter in operation.parameters]
    types += [each.shape.type for each in draft.operations if each.shape.type]
    types += [type_ for fields in draft.values.values() for type_ in fields.values()]
    imports = {dotted for type_ in types for dotted in type_.imports}
    kinds = {"query" if operation.is_query else "command" for operation in draft.operations}
    missing = _missing(draft.operations)
    imports |= {f"{_RUNTIME}.{name}" for name in ("Contract", *kinds, *(["Value"] if draft.values else []))}
    imports |= {f"{_RUNTIME}.{name}" for name in (("Category", "ContractError") if missing else ())}
    lines = [f'"""What others use of {draft.app.label}."""', "", *_imports(imports), ""]
    for model, fields in sorted(draft.values.items(), key=lambda item: item[0].fact.name):
        lines += [
            "",
            f"class {draft.value_name(model)}(Value):",
            f'    """What others read of {model.fact.name}."""',
            "",
        ]
        lines += [f"    {name}: {type_.text}" for name, type_ in sorted(fields.items(), key=_key_first)] + [""]
    for model in missing:
        lines += ["", f"class {draft.error_name(model)}(ContractError, category=Category.NOT_FOUND):"]
        lines += [f'    """There is no such {model.fact.name}."""', ""]
    lines += ["", f'class {draft.contract}(Contract, module="{draft.app.label}", version=1):']
    lines += [f'    """What others use of {draft.app.label}."""', ""]
    for operation in draft.operations:
        lines += [*_declaration(draft, operation), ""]
    return "\n".join(lines)


def _key_first(item: tuple[str, object]) -> tuple[bool, str]:
    return item[0] not in ("id", "pk"), item[0]


def _declaration(draft: Draft, operation: Operation) -> Iterator[str]:
    kind = "query" if operation.is_query else "command"
    raises = "".join(f"{draft.error_name(model)}, " for model in operation.missing)
    yield f"    @{kind}(raises=({raises}))" if raises else f"    @{kind}"
    yield f"    def {operation.name}(self{_signature(operation, before=', ')}) -> {_return_type(draft, operation)}:"
    doc = operation.doc.splitlines()[0] if operation.doc else f"TODO: say what {operation.name} does."
    yield f'        """{_quoted(doc)}"""'


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return f"{text} " if text.endswith('"') else text


def _signature(operation: Operation, before: str = "") -> str:
    parts: list[str] = []
    for parameter in operation.parameters:
        default = f" = {parameter.default}" if parameter.default is not None else ""
        parts.append(f"{parameter.name}: {parameter.type.text}{default}")
    return before + ", ".join(parts) if parts else ""


def _return_type(draft: Draft, operation: Operation) -> str:
    shape = operation.shape
    text = draft.value_name(shape.model) if shape.model else shape.type.text if shape.type else "None"
    if shape.is_many:
        return f"tuple[{text}, ...]"
    return f"{text} | None" if shape.is_optional else text


def _missing(operations: Iterable[Operation]) -> list[Model]:
    found = {model.fact.name: model for operation in operations for model in operation.missing}
    return [found[name] for name in sorted(found)]


def _imports(dotted: Iterable[str]) -> Iterator[str]:
    by_module: dict[str, list[str]] = {}
    for name in sorted(dotted):
        module, _, last = name.rpartition(".")
        by_module.setdefault(module, []).append(last)
    for module, names in sorted(by_module.items()):
        yield f"from {module} import {', '.join(names)}"


def _write_room(codebase: Codebase, draft: Draft, path: str, operations: list[Operation], changes: Changes) -> None:
    """Add to a room the functions that the contract asks for, above what it has."""
    own = changes.text(path)
    there = {node.name for node in ast.parse(own).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    name = f"{draft.app.package}.{path.rpartition('/')[2].removesuffix('.py')}"
    imports: set[str] = set()
    functions: list[str] = []
    for operation in operations:
        if operation.name in there:
            if operation.function != f"{name}.{operation.name}" or operation.shape.model or operation.shape.is_many:
                why = f"the contract's {operation.name} is to stand here, and another has its name: rename it"
                changes.remark(path, 1, f"TODO {why}")
            continue
        functions += ["", *_function(draft, operation, imports)]
    for model in _models_to_convert(operations):
        functions += ["", *_conversion(draft, model, imports)]
    if functions:
        imports |= {dotted for each in operations for parameter in each.parameters for dotted in parameter.type.imports}
        imports |= {dotted for each in operations if each.shape.type for dotted in each.shape.type.imports}
        imports |= _of_contract(codebase, draft, operations)
        doc = [] if own else [f'"""What {draft.app.label} answers to others."""', ""]
        _put(changes, path, "\n".join([*doc, *_merge(own, sorted(imports)), *functions, ""]))


def _merge(own: str, imports: list[str]) -> list[str]:
    """Put imports after those that a file begins with."""
    lines = own.splitlines()
    tree = ast.parse(own)
    at = max((node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)), default=0)
    if at == 0 and tree.body and ast.get_docstring(tree):
        at = tree.body[0].end_lineno or 0
    return [*lines[:at], *_imports(imports), *lines[at:]]


def _of_contract(codebase: Codebase, draft: Draft, operations: list[Operation]) -> set[str]:
    module = f"{codebase.contracts}.{draft.app.label}"
    names = {draft.value_name(model) for model in _models_to_convert(operations)}
    names |= {draft.error_name(model) for model in _missing(operations)}
    return {f"{module}.{name}" for name in names}


def _models_to_convert(operations: Iterable[Operation]) -> list[Model]:
    found = {each.shape.model.fact.name: each.shape.model for each in operations if each.shape.model}
    return [found[name] for name in sorted(found)]


def _function(draft: Draft, operation: Operation, imports: set[str]) -> Iterator[str]:
    doc = operation.doc.splitlines()[0] if operation.doc else f"TODO: say what {operation.name} does."
    yield f"def {operation.name}({_signature(operation)}) -> {_return_type(draft, operation)}:"
    yield f'    """{_quoted(doc)}"""'
    raises = list(operation.missing)
    indent = "        " if raises else "    "
    if raises:
        yield "    try:"
    yield from (f"{indent}{line}" for line in _body(draft, operation, imports))
    for model in raises:
        imports.add(_model_import(model))
        yield f"    except {_model(model)}.DoesNotExist:"
        yield f"        raise {draft.error_name(model)} from None"


def _body(draft: Draft, operation: Operation, imports: set[str]) -> Iterator[str]:
    shape = operation.shape
    if operation.function is None:
        assert shape.model  # noqa: S101  narrows types; the survey has given both  # nosec B101
        imports.add(_model_import(shape.model))
        asked = f"{_model(shape.model)}.objects.get(pk={operation.parameters[0].name})"
    else:
        module, _, name = operation.function.rpartition(".")
        imports.add(module)
        given = [f"{each.name}={each.name}" if each.is_keyword else each.name for each in operation.parameters]
        asked = f"{module.rpartition('.')[2]}.{name}({', '.join(given)})"
    if shape.model and shape.is_many:
        yield f"return tuple(_to_{snake_case(shape.model.fact.name)}(row) for row in {asked})"
    elif shape.model and shape.is_optional:
        yield f"row = {asked}"
        yield f"return None if row is None else _to_{snake_case(shape.model.fact.name)}(row)"
    elif shape.model:
        yield f"return _to_{snake_case(shape.model.fact.name)}({asked})"
    elif shape.is_many:
        yield f"return tuple({asked})"
    elif shape.type and shape.type.text == "None":
        yield asked
    else:
        yield f"return {asked}"


def _conversion(draft: Draft, model: Model, imports: set[str]) -> Iterator[str]:
    imports.add(_model_import(model))
    value = draft.value_name(model)
    yield f"def _to_{snake_case(model.fact.name)}(row: {_model(model)}) -> {value}:"
    fields = sorted(draft.values[model].items(), key=_key_first)
    given = ", ".join(f"{name}=row.{'pk' if name == 'id' else name}" for name, _ in fields)
    yield f"    return {value}({given})"


def _model_import(model: Model) -> str:
    return model.fact.dotted.rpartition(".")[0]


def _model(model: Model) -> str:
    return f"{_model_import(model).rpartition('.')[2]}.{model.fact.name}"
