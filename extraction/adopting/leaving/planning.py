"""Every file of the service that a module of somebody's project becomes, worked out before anything is written."""

import ast
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from extraction.adopting import asking
from extraction.adopting.changes import Obstructed, Remark
from extraction.adopting.codebase import Codebase
from extraction.adopting.leaving.travelling import Travelling, is_test
from extraction.compat import trees
from extraction.processes.errors import Refused
from extraction.reading.contract_files import declarations, shared_words
from extraction.reading.layout import CONTRACTS_PACKAGE, LOCKS, lock_file, owner_of_contract
from extraction.reading.manifest import Manifest
from extraction.reading.requirements import Lock, canonical
from extraction.reading.stages import Stage
from extraction.writing import new_system, plan, rendering, runtime_wheel, shared_files, tool_wheel
from extraction.writing.place import Place, Route
from extraction.writing.plan import File, Plan
from extraction.writing.traits import Traits

_QUESTION = Path(__file__).with_name("question.py")
_LOCK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Leaving:
    """A service, ready to be written, and what a person has to see to in it."""

    plan: Plan
    remarks: tuple[Remark, ...]


def plan_service(codebase: Codebase, label: str, python: str | None, *, from_index: bool = False) -> Leaving:
    """Work out the service that a module becomes. The same project gives the same bytes.

    `python` runs the project's own code, which is asked. Raises `InvalidArgument` for an app that is not there,
    `Obstructed` with what stands in the way, and `Refused`.
    """
    app = codebase.app(label)
    manifest = codebase.manifest(app)
    if manifest is None or codebase.stage(app) is not Stage.OWN_DATA:
        stage = codebase.stage(app)
        raise Refused(
            f"{label} is {stage.value if stage else 'not mapped'}: extract takes what has data of its own; "
            f"python -m extraction adopt {label} has it go on"
        )
    travelling = Travelling.of(codebase, app)
    answer = _ask(travelling, python)
    if _take_named(travelling, answer):
        answer = _ask(travelling, python)
    if travelling.obstacles:
        raise Obstructed("its leaving", travelling.obstacles)
    place = _place(travelling, manifest, answer)
    subject = _subject(codebase, travelling, manifest, answer, place)
    files = dict(_files(travelling, subject, place))
    files |= _requirements(files, answer)
    files |= _locks(codebase, files, subject)
    wheels = runtime_wheel.find(), tool_wheel.find()
    files |= {} if from_index else {wheel.path: File(wheel.path, wheel.content) for wheel in wheels}
    planned = Plan(
        module=travelling.module,
        service=subject.service,
        port=subject.port,
        url_setting=subject.url_setting,
        files=tuple(files[path] for path in sorted(files)),
        contracts=subject.contracts,
        requirements=tuple(sorted(_names_in(files["requirements/base.in"].content.decode()))),
        monolith=subject.traits.monolith,
        has_api=False,
        wheels=wheels,
        from_index=from_index,
        options={"index": from_index, "subject": msgspec.to_builtins(subject)},
    )
    return Leaving(planned, tuple(_remarks(travelling, answer)))


def _ask(travelling: Travelling, python: str | None) -> dict[str, Any]:
    asked = {
        "packages": travelling.packages,
        "libraries": travelling.libraries,
        "third_party": sorted(travelling.third_party()),
        "settings": sorted({name for name, _, _ in _settings_read(travelling)}),
    }
    root, label = travelling.codebase.root, travelling.app.label
    return asking.ask(root, python, "leaving", label, json.dumps(asked), question=_QUESTION)


def _take_named(travelling: Travelling, answer: Mapping[str, Any]) -> bool:
    """Take along what settings and applications name of the libraries. Tell whether that was anything."""
    before = len(travelling.sources)
    for value in answer["rest_framework"].values():
        for name in value if isinstance(value, list | tuple) else [value]:
            if isinstance(name, str):
                travelling.take(name)
    for application in answer["applications"]:
        library = next((each for each in travelling.libraries if f"{application}.".startswith(f"{each}.")), None)
        if library:
            travelling.take_application(library)
    return len(travelling.sources) > before


def _place(travelling: Travelling, manifest: Manifest, answer: Mapping[str, Any]) -> Place:
    package = manifest.path.removeprefix(travelling.codebase.source_root).removesuffix("/module.py").replace("/", ".")
    return Place(
        package=package,
        packages=tuple(travelling.packages),
        libraries=tuple(travelling.libraries),
        applications=tuple(answer["applications"]),
        user_id=answer["user_id"],
        settings=answer["settings"],
        rest_framework=answer["rest_framework"],
        routes=tuple(msgspec.convert(each, Route) for each in answer["routes"]),
    )


def _subject(
    codebase: Codebase, travelling: Travelling, manifest: Manifest, answer: Mapping[str, Any], place: Place
) -> rendering.Subject:
    contracts = [source for path, source in travelling.sources.items() if owner_of_contract(source.name)]
    owners = {owner for source in contracts if (owner := owner_of_contract(source.name))} - shared_words(contracts)
    licence = codebase.root / "LICENSE"
    traits = Traits(
        monolith=re.sub(r"[^a-z0-9_-]", "", answer["service_name"]) or "project",
        has_api=False,
        has_demo=False,
        keeps_files=answer["keeps_files"],
        issues_tokens=False,
        license=next(filter(None, map(str.strip, licence.read_text().splitlines())), "") if licence.is_file() else "",
    )
    names = sorted(codebase.config.modules if codebase.config else [manifest.name])
    every = travelling.project.sources(f"{codebase.source_root}{CONTRACTS_PACKAGE}")
    return rendering.Subject.of(
        manifest,
        tuple(sorted(owners)),
        declarations(every),
        list(_manifests(codebase)),
        traits,
        rendering.choose_port(manifest.name, names),
        place,
    )


def _manifests(codebase: Codebase) -> Iterator[Manifest]:
    for app in codebase.findings.apps.values():
        if found := codebase.manifest(app):
            yield found


def _files(travelling: Travelling, subject: rendering.Subject, place: Place) -> Iterator[tuple[str, File]]:
    for path in _paths(travelling):
        file = plan.read_file(travelling.project, path)
        yield travelling.place_of(path), File(travelling.place_of(path), file.content, file.executable)
    for file in plan.general_files(subject.module, place):
        yield file.path, file
    for root in place.layers:
        parts = root.split(".")[:-1]
        for length in range(1, len(parts) + 1):
            path = f"src/{'/'.join(parts[:length])}/__init__.py"
            if path not in {travelling.place_of(each) for each in travelling.sources}:
                yield path, File(path, b"")
    for path, text in rendering.render(subject):
        yield path, File(path, text.encode(), executable=text.startswith("#!"))
    if (travelling.codebase.root / "LICENSE").is_file():
        yield "LICENSE", plan.read_file(travelling.project, "LICENSE")


def _paths(travelling: Travelling) -> Iterator[str]:
    """Name the files of the packages, whatever they are, what is reached, and the locks of contracts."""
    root, left = travelling.codebase.root, {remark.path for remark in travelling.left}
    for folder in travelling.folders:
        paths = [f"{folder}.py"] if (root / f"{folder}.py").is_file() else travelling.project.files(folder)
        yield from (path for path in paths if path not in left)
    yield from travelling.beside
    for path in travelling.sources:
        yield path
        inside = path.removeprefix(travelling.codebase.source_root)
        if inside.startswith(f"{CONTRACTS_PACKAGE}/"):
            lock = f"{travelling.codebase.source_root}{LOCKS}/{Path(path).stem}.json"
            if (root / lock).is_file():
                yield lock


def _locks(codebase: Codebase, files: Mapping[str, File], subject: rendering.Subject) -> dict[str, File]:
    """Lock the contracts as they are, where the project has not: from now on somebody runs them."""
    paths = {name: lock_file(name) for name in subject.contracts}
    missing = {name: path for name, path in paths.items() if path not in files}
    if not missing:
        return {}
    described = trees.describe_folder(codebase.root / codebase.source_root)
    return {path: File(path, described[name].as_text().encode()) for name, path in missing.items()}


def _requirements(files: Mapping[str, File], answer: Mapping[str, Any]) -> dict[str, File]:
    """Name what the service requires: the runtime, and what the module imports, as the project has it installed."""
    pins = shared_files.read_all()[shared_files.PINS].decode()
    known = Lock.parse(pins).pins
    runtime = runtime_wheel.find()
    brought = {canonical(each.name) for each in runtime.requirements} | {runtime.name, "django"}
    found = {canonical(name): version for name, version in answer["distributions"].values()}
    beside = {name: version for name, version in found.items() if name not in brought}
    lines = [f"{name}=={version}" for name, version in sorted(beside.items())]
    texts = dict(new_system.pin_requirements(pins, lines, tool_extras=()))
    if beside.keys() - known.keys():
        texts |= _lock(files, texts, sorted(beside.keys() - known.keys()))
    return {path: File(path, text.encode()) for path, text in texts.items()}


def _lock(files: Mapping[str, File], texts: Mapping[str, str], unknown: list[str]) -> dict[str, str]:
    """Have `make lock` pin what is not pinned here. Raises `Refused` where that cannot be done."""
    need = f"{', '.join(unknown)} has to be pinned"
    for program in ("uv", "make"):
        if not shutil.which(program):
            raise Refused(f"{need}, by {program}, which is not here: pip install uv, and have make")
    with tempfile.TemporaryDirectory(prefix="extraction.") as folder:
        root = Path(folder)
        (root / "requirements").mkdir()
        (root / runtime_wheel.FOLDER).mkdir()
        (root / "Makefile").write_bytes(files["Makefile"].content)
        for path, text in texts.items():
            if path.endswith(".in"):
                (root / path).write_text(text)
        for wheel in (runtime_wheel.find(), tool_wheel.find()):
            (root / wheel.path).write_bytes(wheel.content)
        make = [shutil.which("make") or "make", "lock"]
        done = subprocess.run(make, cwd=root, capture_output=True, text=True, timeout=_LOCK_SECONDS)
        if done.returncode:
            raise Refused(f"{need}, and that failed:\n{done.stderr.strip()}")
        return {f"requirements/{path.name}": path.read_text() for path in sorted((root / "requirements").glob("*.txt"))}


def _names_in(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line and not line.startswith(("-", "#")):
            yield canonical(re.split(r"[\[=~<>!;]", line)[0])


def _settings_read(travelling: Travelling) -> Iterator[tuple[str, str, int]]:
    """Find which of Django's settings the code reads: the name, the path and the line."""
    for source in travelling.sources.values():
        if is_test(source):
            continue
        for node in source.nodes:
            if not isinstance(node, ast.Attribute) or not node.attr.isupper():
                continue
            if source.qualified(node.value) == "django.conf.settings":
                yield node.attr, source.path, node.lineno


def _remarks(travelling: Travelling, answer: Mapping[str, Any]) -> Iterator[Remark]:
    settings = "src/config/settings.py"
    yield from travelling.left
    for name, path, line in _settings_read(travelling):
        if name in answer["open"]:
            yield Remark(path, line, f"reads settings.{name}, which is secret or no plain value: say it in {settings}")
    for name in answer["strangers"]:
        yield Remark(settings, 1, f"REST_FRAMEWORK[{name!r}] is of code that stays: say what holds in the service")
    for text in answer["open_routes"]:
        yield Remark("src/config/urls.py", 1, f"{text}: route it there by hand")
