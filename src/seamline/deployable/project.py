"""Somebody's own settings: what they say stays, and what the runtime lacks among them is added or asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import util
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from seamline.databases.config import Server
from seamline.databases.provision import conninfo
from seamline.layout import DEPLOYABLE, Layout
from seamline.module import Data, Module
from seamline.observability import logs

Said = Mapping[str, Any]
APP = "seamline"
FIRST = ("seamline.runtime.project.ProjectMiddleware", "seamline.http.gateway.Gateway")
"""Middleware around everything: what a request is, and where it goes, is settled before anybody reads its body."""
LAST = ("seamline.http.module_middleware.ModuleMiddleware",)
POSTGRESQL = ("postgresql", "postgis", "seamline.databases.backend")
TOKEN_KEYS = ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEYS")
"""Of users' tokens that the runtime issues; a project that has settings of these names has tokens of its own."""
_EXTENDED = ("DATABASES", "DATABASE_ROUTERS")
_MANIFEST = re.compile(r"^from seamline(\.module)? import ", re.MULTILINE)


@dataclass
class ProjectIdentity:
    """What a project is called, for its roles, queues and tokens."""

    SERVICE_NAME: str
    PORT: int = 8000
    GATEWAY_URL: str = ""
    PEERS: dict[str, str] = field(default_factory=dict)
    CALLERS: dict[str, list[str]] = field(default_factory=dict)
    SUBSCRIBERS: dict[str, list[str]] = field(default_factory=dict)


def identity(said: Said) -> ProjectIdentity:
    """Name a project by the package of its URLs: `clinic.urls` is of `clinic`."""
    first = str(said.get("ROOT_URLCONF", "project")).partition(".")[0].lower()
    return ProjectIdentity(re.sub(r"[^a-z0-9_-]", "", first)[:30] or "project")


def layout(said: Said) -> Layout:
    """Find the modules among the applications: those with a manifest, wherever they lie."""
    packages = (package for app in said.get("INSTALLED_APPS", ()) if (package := _package_with_manifest(app)))
    return Layout("", packages={package.rpartition(".")[2]: package for package in packages}, user_id_type=user_id)


def place(found: Layout, modules: Mapping[str, Module]) -> Layout:
    """Say where each module's tables are found, by its manifest."""
    shared = {name: DEPLOYABLE for name, module in modules.items() if module.data is Data.SHARED}
    schemas = {name: name for name, module in modules.items() if module.data is Data.SCHEMA}
    return replace(found, aliases={**found.aliases, **shared}, schemas={**schemas, **found.schemas})


def user_id(subject: str) -> Any:
    """Make a user's id of a token's subject, of the type that the project's users have. Raises `ValueError`."""
    from django.contrib.auth import get_user_model
    from django.core.exceptions import ValidationError

    try:
        return get_user_model()._meta.pk.to_python(subject)
    except ValidationError as error:
        raise ValueError(f"no user has the id {subject!r}") from error


def settings_of_production(is_distributed: bool) -> tuple[str, ...]:
    """Name what production has to set: nothing, until a module lives elsewhere."""
    return ("SERVICE_PRIVATE_KEY",) if is_distributed else ()


def server(said: Said, prefix: str, secret: str) -> Server:
    """Take the server of the common database for that of the modules too. Raises `ImproperlyConfigured`."""
    common = said.get("DATABASES", {}).get(DEPLOYABLE, {})
    if not str(common.get("ENGINE", "")).endswith(POSTGRESQL):
        raise ImproperlyConfigured(
            f"DATABASES['default'] has the ENGINE {common.get('ENGINE', '')!r}: modules need PostgreSQL, such as "
            "'django.db.backends.postgresql'"
        )
    return Server(conninfo(common), prefix, secret, {key: value for key, value in common.items() if key != "TEST"})


def extend(said: Said, made: Mapping[str, Any]) -> dict[str, Any]:
    """Add to the project's own lists what the runtime lacks there, and note what was added.

    Raises `ImproperlyConfigured` where two want the same name.
    """
    logs.configure_for_project()
    _refuse_overwritten(said, made)
    apps = list(said.get("INSTALLED_APPS", ()))
    if not any(app == APP or app.startswith(f"{APP}.apps.") for app in apps):
        raise ImproperlyConfigured(f"INSTALLED_APPS lacks the runtime: add {APP!r} to it, before this call")
    needed = dict.fromkeys(app for module in made["ACTIVE_MODULES"].values() for app in module.apps)
    middleware = list(said.get("MIDDLEWARE", ()))
    routers = list(said.get("DATABASE_ROUTERS", ()))
    new = {
        "INSTALLED_APPS": [app for app in needed if app not in apps],
        "MIDDLEWARE": [name for name in (*FIRST, *LAST) if name not in middleware],
        "DATABASE_ROUTERS": [name for name in made["DATABASE_ROUTERS"] if name not in routers],
        "AUTHENTICATION_BACKENDS": _backends(said, made),
    }
    before = [name for name in FIRST if name in new["MIDDLEWARE"]]
    after = [name for name in LAST if name in new["MIDDLEWARE"]]
    extended = {
        "INSTALLED_APPS": [*apps, *new["INSTALLED_APPS"]],
        "MIDDLEWARE": [*before, *middleware, *after],
        # Before others, of which some have an answer for every model; of what is no module's it says nothing.
        "DATABASE_ROUTERS": [*new["DATABASE_ROUTERS"], *routers],
        "DATABASES": {**made["DATABASES"], **said["DATABASES"]},
        "SETTINGS_ADDED": tuple(f"{name}: {', '.join(added)}" for name, added in new.items() if added),
    }
    if new["AUTHENTICATION_BACKENDS"]:
        own = said.get("AUTHENTICATION_BACKENDS", ["django.contrib.auth.backends.ModelBackend"])
        extended["AUTHENTICATION_BACKENDS"] = [*own, *new["AUTHENTICATION_BACKENDS"]]
    return extended


def _refuse_overwritten(said: Said, made: Mapping[str, Any]) -> None:
    for name in sorted(said.keys() & made.keys() - {*_EXTENDED}):
        if said[name] != made[name] and said[name] is not None:
            raise ImproperlyConfigured(
                f"{name} is a setting that the runtime makes, from the environment: leave it out of the file, or, "
                "where it is something else there, give it another name"
            )


def _backends(said: Said, made: Mapping[str, Any]) -> list[str]:
    own = said.get("AUTHENTICATION_BACKENDS", ())
    wanted = dict.fromkeys(
        name for module in made["ACTIVE_MODULES"].values() for name in module.authentication_backends
    )
    return [name for name in wanted if name not in own]


def _package_with_manifest(app: str) -> str | None:
    """Find the package of an application, by its name or that of its configuration, if it has a manifest of ours."""
    if app.partition(".")[0] in ("django", "rest_framework", APP):
        return None
    parts = app.split(".")
    for length in range(len(parts), max(len(parts) - 3, 0), -1):
        package = ".".join(parts[:length])
        try:
            found = util.find_spec(f"{package}.module")
        except (ImportError, ValueError):
            continue
        # Others may have a file of this name; it is not imported to find out.
        if found and found.origin and _MANIFEST.search(Path(found.origin).read_text(encoding="utf-8")):
            return package
    return None
