"""Modules: what each says of itself in its `module.py`, and how they are found."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import ModuleType

from cronsim import CronSim, CronSimError
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from seamline import layout
from seamline.contract import Contract, Event
from seamline.contract.names import add_modules_package
from seamline.setting_errors import invalid_setting


class Data(Enum):
    """Where a module's tables stand.

    See microservices.io, "Pattern: Shared database" and "Pattern: Database per service".
    """

    SHARED = "shared"
    """In the project's common database, among the tables of others: the stage *declared*."""
    SCHEMA = "schema"
    """In the common database, but in a schema of its own that only its own role may use: the stage *own data*."""
    DATABASE = "database"
    """In a database of its own: the stage *own data* too."""

    @property
    def is_own(self) -> bool:
        """Tell whether nobody else reaches the tables, so that every law binds."""
        return self is not Data.SHARED


class Guards(Enum):
    """What becomes of a command to a module whose caller has a transaction open that could still roll back."""

    WARN = "warn"
    """It is done, and rolls back with its caller; the log says where. Only while the module's data is shared."""
    REFUSE = "refuse"
    """It is refused."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of one module, read from the environment as `<MODULE>_<NAME>`."""

    name: str
    help: str
    development: str
    """Value in development, where none is set."""
    required: bool = True
    """Whether production refuses to start without it; else the development value serves there too."""
    secret: bool = True
    """Whether production refuses development's value, which everybody knows, where it is required. What is no secret
    is shown by `/health`."""


@dataclass(frozen=True, slots=True)
class Job:
    """Periodic work: `name` is a function in the module's `jobs.py`, run once each time over all processes.

    Either `every` says when, or `cron`. Raises `BadManifest` for neither, both, or what is no such expression.
    """

    name: str
    every: float = 0.0
    """Seconds from one start to the next."""
    cron: str = ""
    """Five fields as Debian's cron has them, in UTC: `30 3 * * 1-5`."""

    def __post_init__(self) -> None:
        if (self.every > 0) == bool(self.cron):
            raise BadManifest(f"the job {self.name!r} takes either every=, in seconds, or cron=")
        if self.cron:
            try:
                next(CronSim(self.cron, datetime.now(UTC)))
            except CronSimError as what:
                raise BadManifest(
                    f"the job {self.name!r} has cron={self.cron!r}: {what}; write such as '30 3 * * *'"
                ) from None

    def seconds_to_next(self, now: datetime) -> float:
        """Work out how long it is from now until it is due next."""
        return (next(CronSim(self.cron, now)) - now).total_seconds() if self.cron else self.every


@dataclass(frozen=True, slots=True)
class Module:
    """A module's manifest: all that the rest of the system may know of it without asking it.

    Its rooms follow from it: an operation of a contract in `serves` is a function of the same name, a query in
    `queries.py`, a command in `service.py`, either in `v<N>.py` for a version that is not the newest; an event in
    `subscribes` is handled by `on_<event>` in `handlers.py`.
    """

    name: str
    summary: str
    serves: tuple[type[Contract], ...] = ()
    calls: tuple[type[Contract], ...] = ()
    subscribes: tuple[type[Event], ...] = ()
    jobs: tuple[Job, ...] = ()
    settings: tuple[Setting, ...] = ()
    apps: tuple[str, ...] = ()
    """Django applications of others that it needs installed."""
    middleware: tuple[str, ...] = ()
    """Dotted names of Django middleware around its own views, and nobody else's; the first is the outermost."""
    context_processors: tuple[str, ...] = ()
    """Dotted names of what adds to the templates that its own views render."""
    authentication_backends: tuple[str, ...] = ()
    """Dotted names of what is asked who an operator is, after Django's own."""
    data: Data = Data.DATABASE
    """Where its tables stand: its stage on the way out of a project that was there before it."""
    guards: Guards = Guards.REFUSE
    """What becomes of commands to it from inside a transaction."""

    def __post_init__(self) -> None:
        if self.data.is_own and self.guards is Guards.WARN:
            raise BadManifest(f"the module {self.name!r} has data of its own, so its guards refuse: leave out guards")

    @property
    def package(self) -> str:
        """Dotted path of its package."""
        return layout.current().package_of(self.name)

    def room(self, name: str) -> ModuleType:
        """Import one of the module's files: `room("service")`. Raises `ModuleNotFoundError` where it has none."""
        return importlib.import_module(f"{self.package}.{name}")

    def check_names(self) -> None:
        """Make sure that what the manifest names by dotted strings is there. Raises `BadManifest`."""
        for field in ("middleware", "context_processors", "authentication_backends"):
            for name in getattr(self, field):
                try:
                    import_string(name)
                except ImportError as error:
                    fix = "write the dotted name of a class or function"
                    raise BadManifest(f"{self.path_of('module.py')}: {field} has {name!r}: {error}; {fix}") from error

    def has(self, name: str) -> bool:
        """Tell whether it has a room of this name: a file, or a folder in its place."""
        return importlib.util.find_spec(f"{self.package}.{name}") is not None

    def path_of(self, file: str) -> str:
        """Return one of its files for a message: `src/modules/parcels/service.py`."""
        return layout.current().path_of(self.name, file)


@dataclass(frozen=True, slots=True)
class ExtractedModule:
    """The manifest of a module that left for good: what others have to know of it though its code is not here.

    It is written when the module leaves. Its endpoints are documented by the `openapi.json` beside it.
    """

    name: str
    summary: str
    serves: tuple[type[Contract], ...] = ()
    calls: tuple[type[Contract], ...] = ()
    subscribes: tuple[type[Event], ...] = ()
    routes: tuple[str, ...] = ()
    """Addresses that it answers, as Django's `path` has them: `api/v1/parcels/<str:id>`; as `re_path`, after a `^`."""

    @property
    def url_setting(self) -> str:
        """Name of the setting that says where it lives: `PARCELS_URL`."""
        return f"{self.name.upper()}_URL"


class BadManifest(ImproperlyConfigured):
    """A module's manifest and its rooms disagree; the message says where and what to do."""


def find(where: layout.Layout, wanted: tuple[str, ...] = ()) -> dict[str, Module]:
    """Import the manifests of the modules of a layout; only the `wanted` ones, where any are named.

    Raises `ImproperlyConfigured` for a name that has no folder, `BadManifest` for a folder whose manifest does not fit.
    """
    return {name: found for name, found in _import_manifests(where, wanted).items() if isinstance(found, Module)}


def find_extracted(where: layout.Layout, wanted: tuple[str, ...] = ()) -> dict[str, ExtractedModule]:
    """Import the manifests of those that left for good. Raises as `find` does."""
    return {
        name: found for name, found in _import_manifests(where, wanted).items() if isinstance(found, ExtractedModule)
    }


def _import_manifests(where: layout.Layout, wanted: tuple[str, ...]) -> dict[str, Module | ExtractedModule]:
    for package in filter(None, (where.modules_package, *map(_parent, where.packages.values()))):
        add_modules_package(package)
    names = where.names()
    found = {name: _import_manifest(where, name) for name in names}
    for name in wanted:
        if name not in found:
            expected = f"names of modules with commas between, of {', '.join(found)}; there is no {name!r}"
            raise invalid_setting("MODULES", ",".join(wanted), expected)
    return {name: found[name] for name in names if not wanted or name in wanted}


def _parent(package: str) -> str:
    return package.rpartition(".")[0]


@cache
def active() -> Mapping[str, Module]:
    """Return the modules whose code is part of this deployable, by name."""
    from django.conf import settings

    modules: Mapping[str, Module] = settings.ACTIVE_MODULES
    return modules


@cache
def extracted() -> Mapping[str, ExtractedModule]:
    """Return the modules that left this deployable for good, by name."""
    from django.conf import settings

    modules: Mapping[str, ExtractedModule] = settings.EXTRACTED_MODULES
    return modules


def known() -> Mapping[str, Module | ExtractedModule]:
    """Return both, by name."""
    return {**active(), **extracted()}


def owner(python_path: str) -> str | None:
    """Return the module that a dotted Python path belongs to: `modules.parcels.api` is of `parcels`."""
    return layout.current().owner(python_path)


def setting(module: str, name: str) -> str:
    """Return the value of a setting that the module's manifest declares. Raises `KeyError` for any other."""
    from django.conf import settings

    value: str = settings.MODULE_SETTINGS[module][name]
    return value


def _import_manifest(where: layout.Layout, name: str) -> Module | ExtractedModule:
    path = f"{where.package_of(name)}.module"
    try:
        manifest = getattr(importlib.import_module(path), "MODULE", None)
    except ModuleNotFoundError as cause:
        # Another that is not found is the author's mistake in the file, to be seen with its traceback.
        if cause.name != path:
            raise
        manifest = None
    if not isinstance(manifest, Module | ExtractedModule) or manifest.name != name:
        raise BadManifest(f"{where.path_of(name, 'module.py')}: declare MODULE = Module(name={name!r}, …) there")
    return manifest
