# mypy: ignore-errors
# In the Django of somebody's project, of any version.
"""Run in the project by its own Python, with its own settings: nothing of ours can be imported here.

Asked for `keys`, it prints which keys lead out of an app and into it. Asked for `initial`, it prints one migration with
all that an app's models are now. Asked for `check`, it compares models with migrations.
"""

import json
import os
import sys


def main(what: str, label: str, others: list[str]) -> None:
    """Print the answer as JSON, in one line that begins with a mark."""
    # The runtime that the project names, if it is not installed yet.
    sys.path.append(os.environ.get("EXTRACTION_RUNTIME", ""))
    import django

    django.setup()
    answer = {"keys": _keys, "initial": _initial, "check": _check}[what](label, others)
    print("\n@@seam@@" + json.dumps(answer))


def _keys(label: str, others: list[str]) -> dict[str, object]:
    from django.apps import apps

    keys, blocked = [], []
    for model in apps.get_models(include_auto_created=False):
        for field in model._meta.get_fields(include_hidden=True):
            if field.auto_created or getattr(field, "model", None) is not model:
                continue
            mine = model._meta.app_label == label
            if type(field).__name__ == "GenericForeignKey" and mine:
                blocked.append([model._meta.label, field.name, "a generic relation"])
            target = getattr(field, "related_model", None)
            if not field.is_relation or target is None or isinstance(target, str):
                continue
            if (target._meta.app_label == label) == mine:
                continue
            if field.many_to_many:
                blocked.append([model._meta.label, field.name, "a table between two apps"])
            elif type(field).__name__ == "GenericRelation":
                blocked.append([model._meta.label, field.name, "a generic relation"])
            elif field.remote_field.parent_link:
                blocked.append([model._meta.label, field.name, "a row that is shared by inheritance"])
            elif field.concrete:
                keys.append(_key(model, field, target))
    loader = _loader()
    labels = {label, *others}
    migrations = {app: sorted(name for owner, name in loader.disk_migrations if owner == app) for app in labels}
    leaves = {app: [name for _, name in loader.graph.leaf_nodes(app)] for app in migrations}
    return {"keys": keys, "blocked": blocked, "migrations": migrations, "leaves": leaves}


def _key(model, field, target):
    to = field.target_field
    while to.is_relation:
        to = to.target_field
    path, kwargs = to.deconstruct()[1], to.deconstruct()[3]
    kind = path.rpartition(".")[2]
    simple = {"AutoField": "IntegerField", "BigAutoField": "BigIntegerField", "SmallAutoField": "SmallIntegerField"}
    options = {"max_length": kwargs["max_length"]} if "max_length" in kwargs else {}
    options |= {name: True for name in ("null", "blank") if getattr(field, name)}
    if field.db_column:
        options["db_column"] = field.db_column
    if field.unique:
        options["unique"] = True
    elif field.db_index:
        options["db_index"] = True
    if not field.editable:
        options["editable"] = False
    on_delete = field.remote_field.on_delete
    return {
        "model": model._meta.label,
        "field": field.name,
        "column": field.column,
        "target": target._meta.label,
        "to_field": field.target_field.name,
        "is_primary": field.primary_key,
        "type": simple.get(kind, kind),
        "is_known": path.startswith("django.db.models."),
        "has_default": field.has_default(),
        "options": options,
        "on_delete": getattr(on_delete, "__name__", "SET"),
        "accessor": field.remote_field.get_accessor_name(),
        "query_name": field.related_query_name(),
        "in_meta": _in_meta(model, field.name),
    }


def _in_meta(model, name):
    options = model._meta.original_attrs
    parts = [*options.get("indexes", ()), *options.get("constraints", ())]
    return any(repr(name) in repr(part.deconstruct()) or f"'{name}'" in repr(part) for part in parts)


def _loader():
    from django.db.migrations.loader import MigrationLoader

    return MigrationLoader(None, ignore_no_migrations=True)


def _initial(label: str, others: list[str]) -> dict[str, object]:
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.graph import MigrationGraph
    from django.db.migrations.questioner import MigrationQuestioner
    from django.db.migrations.state import ProjectState
    from django.db.migrations.writer import MigrationWriter

    questioner = MigrationQuestioner(specified_apps={label})
    detector = MigrationAutodetector(ProjectState(), ProjectState.from_apps(apps), questioner)
    found = detector.changes(graph=MigrationGraph(), trim_to_apps={label}).get(label, [])
    if len(found) != 1:
        return {"text": "", "dependencies": [str(len(found))]}
    migration = found[0]
    # Which migration of another app has what a key leads to is not asked: its last one has.
    graph = _loader().graph
    outside = sorted({_app_of(dependency) for dependency in migration.dependencies} - {label})
    migration.dependencies = [leaf for app in outside if app in _apps_of(graph) for leaf in graph.leaf_nodes(app)]
    migration.initial = True
    migration.replaces = [(label, name) for name in others]
    return {"text": MigrationWriter(migration, include_header=False).as_string(), "dependencies": outside}


def _apps_of(graph) -> set[str]:
    return {app for app, _ in graph.nodes}


def _app_of(dependency) -> str:
    if dependency[0] == "__setting__":
        from django.conf import settings

        return getattr(settings, dependency[1]).partition(".")[0]
    return dependency[0]


def _check(label: str, others: list[str]) -> dict[str, object]:
    from django.apps import apps
    from django.core import checks
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.state import ProjectState

    loader = _loader()
    conflicts = loader.detect_conflicts()
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(graph=loader.graph, trim_to_apps=set(others) or None)
    differences = [f"{app}: {op.describe()}" for app, found in changes.items() for m in found for op in m.operations]
    errors = [str(each) for each in checks.run_checks() if each.is_serious()]
    return {"differences": differences, "errors": errors, "conflicts": {k: list(v) for k, v in conflicts.items()}}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
