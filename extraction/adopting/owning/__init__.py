# ruff: noqa: N802 -- libcst calls visitors by the names of nodes
"""Declared -> own data: keys become ids, migrations stand alone, and the manifest says so.

question     what is asked of the project's own Django, run by its own Python
asking       asks it, in the project or in a copy that has the changes already
keys         fields of models
uses         what names a key: rewritten, or in the way
cascades     what a deletion did, as handlers of an event
migrations   keys to ids in the tables that are there, and a new initial one
"""

import re

import libcst as cst

from extraction.adopting.asking import ask, copy_with
from extraction.adopting.changes import Changes, Obstructed, Remark
from extraction.adopting.codebase import Codebase
from extraction.adopting.owning import migrations
from extraction.adopting.owning.cascades import replace_cascades
from extraction.adopting.owning.fixtures import rename_in_fixtures
from extraction.adopting.owning.keys import Key, keys_of, replace_keys
from extraction.adopting.owning.uses import rewrite_uses
from extraction.processes.errors import Refused
from extraction.reading.stages import Stage
from extraction.survey.model import App
from extraction.survey.price import libraries

_JOINS = frozenset({"raw-sql", "spanning-lookup", "many-to-many", "generic-relation", "concrete-model"})
"""Couplings that a database of one's own makes impossible."""
_IMPORTS = frozenset({"import", "import-in-function", "inheritance"})
_INSTEAD = "call its contract, or name its package in `libraries` of [tool.seamline] if it travels along"
_SHARED = frozenset({"shared-transaction", "signal", "signal-of-all", "import-for-types"})


def own_data(codebase: Codebase, app: App, changes: Changes, python: str | None) -> None:
    """Work out the stage *own data* of an app. Raises `Obstructed` and `Refused`."""
    others = [label for label in codebase.findings.apps if label != app.label]
    said = ask(codebase.root, python, "keys", app.label, *others)
    keys = keys_of(codebase, said["keys"])
    obstacles = [*_find_obstacles(codebase, said), *_unfit(keys, said)]
    _replace(codebase, keys, changes, obstacles)
    obstacles += rewrite_uses(codebase, keys, changes)
    obstacles += _couplings(codebase, app, keys, changes)
    if obstacles:
        raise Obstructed(Stage.OWN_DATA.value, obstacles)
    replace_cascades(codebase, keys, changes)
    rename_in_fixtures(keys, changes)
    _write_migrations(codebase, app, keys, said, changes, python)
    path = f"{app.folder}/module.py"
    changes.put(path, own_manifest(changes.text(path)))
    changes.notes.append(f"{path}: its tables stand in a database of its own, and its guards refuse")


def _find_obstacles(codebase: Codebase, said: dict) -> list[Remark]:  # type: ignore[type-arg]  # JSON
    found = []
    for label, field, what in said["blocked"]:
        if model := codebase.index.by_label.get(label.lower()):
            relation = model.relations.get(field)
            line = relation.field.line if relation else model.fact.line
            found.append(Remark(model.path, line, f"{model.fact.name}.{field} is {what}: own it on one side, with ids"))
    return found


def _unfit(keys: list[Key], said: dict) -> list[Remark]:  # type: ignore[type-arg]  # JSON
    by_name = {(each["model"].lower(), each["field"]): each for each in said["keys"]}
    found = []
    for key in keys:
        each = by_name[key.model.label.lower(), key.field]
        line = key.model.relations[key.field].field.line if key.field in key.model.relations else key.model.fact.line
        if each["is_primary"]:
            found.append(Remark(key.model.path, line, f"{key.name} is the primary key: give it one of its own"))
        elif not each["is_known"]:
            found.append(Remark(key.model.path, line, f"{key.name} leads to a key of a type that is not Django's own"))
        elif each["has_default"]:
            found.append(Remark(key.model.path, line, f"{key.name} has a default: take it out of the model"))
        elif each["in_meta"]:
            found.append(Remark(key.model.path, line, f"{key.name} is in an index or constraint of Meta: take it out"))
    return found


def _replace(codebase: Codebase, keys: list[Key], changes: Changes, obstacles: list[Remark]) -> None:
    by_path: dict[str, list[Key]] = {}
    for key in keys:
        by_path.setdefault(key.model.path, []).append(key)
    for path, found in sorted(by_path.items()):
        text, missing = replace_keys(changes.text(path), found)
        changes.put(path, text)
        changes.notes.append(f"{path}: {', '.join(key.name for key in found)} as an id, in the column that it has")
        for key in missing:
            why = f"{key.name} is not declared here, but inherited: declare it, then adopt again"
            obstacles.append(Remark(path, key.model.fact.line, why))


def _couplings(codebase: Codebase, app: App, keys: list[Key], changes: Changes) -> list[Remark]:
    """Find what the survey knows to be in the way, as far as nothing was rewritten on the line."""
    shared = libraries(codebase.findings.apps, codebase.findings.couplings)
    packages = {codebase.findings.apps[label].package for label in shared}
    packages |= {*codebase.config.libraries} if codebase.config else set()
    found = []
    for each in codebase.findings.couplings:
        if app.label not in (each.source, each.target):
            continue
        other = codebase.findings.apps.get(each.target if each.source == app.label else each.source)
        if other is None or other.package in packages:
            continue
        if each.kind in _IMPORTS and _travels(packages, each.text):
            continue
        if each.kind in _IMPORTS and _is_still_there(changes, each.path, each.text):
            found.append(Remark(each.path, each.line, f"{each.text}: {_INSTEAD}"))
        elif each.kind in _JOINS and _same_line(codebase, changes, each.path, each.line):
            found.append(Remark(each.path, each.line, f"{each.text}: that table will be in another database"))
        elif each.kind in _SHARED:
            changes.remark(
                each.path, each.line, f"{each.text}: what goes on with that after this stage is yours to say"
            )
    return found


def _travels(packages: set[str], text: str) -> bool:
    """Tell whether all that is imported is a library's, though its app is none: one file of it, say."""
    names = [name for name in re.findall(r"[\w.]+", text) if "." in name]
    return bool(names) and all(any(f"{name}.".startswith(f"{each}.") for each in packages) for name in names)


def _is_still_there(changes: Changes, path: str, text: str) -> bool:
    """Tell whether an import is in a file as it will be: the key was the only thing that needed some."""
    names = {name.rpartition(".")[2] for name in text.removeprefix("imports ").split(", ")}
    tree = cst.parse_module(changes.text(path))
    found: set[str] = set()

    class Names(cst.CSTVisitor):
        def visit_ImportAlias(self, node: cst.ImportAlias) -> None:
            found.add(node.evaluated_name.rpartition(".")[2])

    tree.visit(Names())
    return bool(names & found)


def _same_line(codebase: Codebase, changes: Changes, path: str, line: int) -> bool:
    before = (codebase.root / path).read_text(errors="replace").splitlines()
    return before[line - 1] in changes.text(path).splitlines()


def _write_migrations(
    codebase: Codebase,
    app: App,
    keys: list[Key],
    said: dict,  # type: ignore[type-arg]  # JSON
    changes: Changes,
    python: str | None,
) -> None:
    """Write, for each app whose table has a key, what takes it off; then new initial migrations, made in a copy."""
    labels = {app.label: [], **migrations.by_app(keys)}
    replaced: dict[str, list[str]] = {}
    for label, found in labels.items():
        folder = f"{codebase.findings.apps[label].folder}/migrations"
        names, leaves = said["migrations"].get(label, []), said["leaves"].get(label, [])
        if not names or len(leaves) != 1:
            raise Refused(f"{folder} has {len(leaves)} last migrations: merge them (makemigrations --merge) first")
        replaced[label] = list(names)
        if found:
            name = migrations.next_name(names)
            migrations.put(changes, f"{folder}/{name}.py", migrations.keys_to_ids(label, leaves[0], found))
            changes.notes.append(f"{folder}/{name}.py: the constraints go, columns and rows stay")
            replaced[label].append(name)
    _check(changes, python, app.label, list(labels))
    for label, names in replaced.items():
        folder = f"{codebase.findings.apps[label].folder}/migrations"
        with copy_with(changes) as copy:
            made = ask(copy, python, "initial", label, *names)
        if not made["text"] or (made["dependencies"] and label == app.label):
            raise Refused(f"a new initial migration of {label} would need {', '.join(made['dependencies'])}")
        migrations.put(changes, f"{folder}/{migrations.INITIAL}.py", made["text"])
        changes.notes.append(f"{folder}/{migrations.INITIAL}.py: a new database is made by it alone")
    _check(changes, python, app.label, list(labels))
    _list_operations(codebase, replaced, changes)


def _check(changes: Changes, python: str | None, label: str, labels: list[str]) -> None:
    """Have the project's own Django say that models and migrations agree. Raises `Refused`."""
    with copy_with(changes) as copy:
        said = ask(copy, python, "check", label, *labels)
    wrong = [*said["errors"], *(f"conflicting migrations of {app}" for app in said["conflicts"]), *said["differences"]]
    if wrong:
        raise Refused(f"with the change, the project's own Django finds: {'; '.join(wrong)}; nothing was written")


def _list_operations(codebase: Codebase, replaced: dict[str, list[str]], changes: Changes) -> None:
    """List what earlier migrations did by hand, which no new initial one does."""
    for label in replaced:
        folder = codebase.root / codebase.findings.apps[label].folder / "migrations"
        for full in sorted(folder.glob("*.py")):
            for number, line in enumerate(full.read_text(errors="replace").splitlines(), 1):
                if "RunPython(" in line or "RunSQL(" in line:
                    path = full.relative_to(codebase.root).as_posix()
                    why = (
                        "runs code or SQL, and the new initial migration does not: add there what new tables need of it"
                    )
                    changes.remark(path, number, why)


def own_manifest(text: str) -> str:
    """Return a manifest whose module has a database of its own: what `data` and `guards` say by themselves."""
    return cst.parse_module(text).visit(_OwnData()).code


class _OwnData(cst.CSTTransformer):
    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if not (isinstance(updated_node.func, cst.Name) and updated_node.func.value == "Module"):
            return updated_node
        kept = [arg for arg in updated_node.args if not (arg.keyword and arg.keyword.value == "guards")]
        kept = [
            arg.with_changes(value=cst.parse_expression("Data.DATABASE"))
            if arg.keyword and arg.keyword.value == "data"
            else arg
            for arg in kept
        ]
        return updated_node.with_changes(args=[*kept[:-1], kept[-1].with_changes(comma=updated_node.args[-1].comma)])

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        kept = [alias for alias in updated_node.names if alias.evaluated_name != "Guards"]
        return updated_node.with_changes(names=kept) if len(kept) != len(updated_node.names) else updated_node
