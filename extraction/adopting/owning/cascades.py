"""What was deleted along is deleted by an event now, where the other side is a module that can publish one."""

import ast

from extraction.adopting.changes import Changes
from extraction.adopting.codebase import Codebase
from extraction.adopting.declaring import types
from extraction.adopting.declaring.callers import add_to_manifest
from extraction.adopting.declaring.usage import scope_of
from extraction.adopting.owning.keys import Key
from extraction.processes.ruff import format_python
from extraction.survey.likely import likely_model
from seamline.contract.names import handler_of, snake_case

_LOST = {
    "PROTECT": "nothing keeps a {target} from being deleted while a {model} names it",
    "RESTRICT": "nothing keeps a {target} from being deleted while a {model} names it",
}
_HANDLED = ("CASCADE", "SET_NULL")


def replace_cascades(codebase: Codebase, keys: list[Key], changes: Changes) -> None:
    """Write handlers for what a deletion of the other side did, and list what has to publish and what is lost."""
    for key in keys:
        if key.on_delete == "DO_NOTHING":
            continue
        if key.on_delete in _HANDLED and _can_subscribe(codebase, key):
            _subscribe(codebase, key, changes)
        else:
            lost = _LOST.get(key.on_delete, "deleting a {target} leaves every {model} of it as it is")
            said = lost.format(target=key.target_label, model=key.model.fact.name)
            changes.remark(key.model.path, _line(key), f"{key.name} was {key.on_delete}: {said}")


def _can_subscribe(codebase: Codebase, key: Key) -> bool:
    sides = (key.model.app, key.target.app if key.target else None)
    return all(app is not None and codebase.manifest(app) is not None for app in sides)


def _subscribe(codebase: Codebase, key: Key, changes: Changes) -> None:
    assert key.target and key.target.app and key.model.app  # noqa: S101  narrows types; the survey has given both  # nosec B101
    event = f"{key.target.fact.name}Deleted"
    argument = f"{snake_case(key.target.fact.name)}_id"
    type_ = types.key_type(codebase, key.target)
    if type_ is None:
        changes.remark(key.model.path, _line(key), f"TODO {event}: the key of {key.target_label} has no known type")
        return
    contract = f"{codebase.contracts}.{key.target.app.label}"
    path = codebase.contract_path(key.target.app.label)
    text = changes.text(path)
    if f"class {event}(" not in text:
        imports = "".join(
            f"from {name.rpartition('.')[0]} import {name.rpartition('.')[2]}\n" for name in sorted(type_.imports)
        )
        declared = (
            f'\n\nclass {event}(Event, key="{argument}"):\n    """A {key.target.fact.name} was deleted."""\n\n'
            f"    {argument}: {type_.text}\n"
        )
        _put(changes, path, _after_doc(text, f"from seamline.contract import Event\n{imports}") + declared)
        _list_deletions(codebase, key, event, argument, changes)
    _handle(codebase, key, event, argument, contract, changes)
    manifest = codebase.manifest(key.model.app)
    if manifest:
        _put(changes, manifest.path, add_to_manifest(changes.text(manifest.path), "subscribes", contract, event))


def _handle(codebase: Codebase, key: Key, event: str, argument: str, contract: str, changes: Changes) -> None:
    assert key.model.app  # noqa: S101  narrows types; the survey has given both  # nosec B101
    path = f"{key.model.app.folder}/handlers.py"
    text, name = changes.text(path), handler_of(event)
    models = key.model.fact.dotted.rpartition(".")[0]
    rows = f"{key.model.fact.name}.objects.filter({key.id_field}=event.{argument})"
    effect = f"{rows}.delete()" if key.on_delete == "CASCADE" else f"{rows}.update({key.id_field}=None)"
    if f"def {name}(" in text:
        tree = ast.parse(text)
        node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
        lines = text.splitlines()
        lines.insert(node.end_lineno or 0, f"    {effect}")
        text = "\n".join([*lines, ""])
    else:
        doc = "Delete" if key.on_delete == "CASCADE" else "Forget"
        text += f'\n\ndef {name}(event: {event}) -> None:\n    """{doc} what named it."""\n    {effect}\n'
    head = f"from {contract} import {event}\nfrom {models} import {key.model.fact.name}\n"
    _put(changes, path, _after_doc(text, head) if text.strip() else head)
    changes.notes.append(f"{path}: {name} does what {key.name} did as {key.on_delete}")


def _list_deletions(codebase: Codebase, key: Key, event: str, argument: str, changes: Changes) -> None:
    """List where rows of the other side are deleted: there the event is to be published."""
    assert key.target and key.target.app  # noqa: S101  narrows types; the survey has given both  # nosec B101
    found = 0
    for path in codebase.paths():
        if codebase.owner(path) is not key.target.app:
            continue
        module = codebase.module(path)
        inference = codebase.inference(module)
        for call, _ in module.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "delete" and not call.args:
                about = inference.about(call.func.value, scope_of(module, call))
                if likely_model(codebase.index, about, key.target.app) is key.target:
                    found += 1
                    why = f"TODO deletes a {key.target_label}: publish({event}({argument}=…)) in the same transaction"
                    changes.remark(path, call.lineno, why)
    if not found:
        why = f"TODO nothing was seen that deletes a {key.target_label}; whatever does has to publish {event}"
        changes.remark(key.target.path, key.target.fact.line, why)


def _after_doc(text: str, imports: str) -> str:
    tree = ast.parse(text)
    lines = text.splitlines()
    at = (tree.body[0].end_lineno or 0) if tree.body and ast.get_docstring(tree) else 0
    new = [line for line in imports.splitlines() if line not in lines]
    return "\n".join([*lines[:at], *new, *lines[at:], ""])


def _put(changes: Changes, path: str, text: str) -> None:
    changes.put(path, format_python(changes.root, path, text))


def _line(key: Key) -> int:
    return key.model.relations[key.field].field.line if key.field in key.model.relations else key.model.fact.line
