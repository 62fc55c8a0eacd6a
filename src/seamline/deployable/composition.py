"""The one call: from the environment, and from what a settings file says, every setting that the runtime reads."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

import environ

from seamline import module
from seamline.configuration import keys, service_keys, values
from seamline.configuration.data_keys import data_keys
from seamline.configuration.discovery import Discovery, default_places, discovery, place
from seamline.configuration.identity_providers import identity_provider
from seamline.configuration.policies import CallPolicy, DeliveryPolicy, SagaPolicy
from seamline.databases.config import Server, databases
from seamline.deployable import project
from seamline.deployable import standalone as alone
from seamline.development.embedded_postgres import EmbeddedPostgres
from seamline.layout import Layout
from seamline.setting_errors import invalid_setting

T = TypeVar("T")
Said = Mapping[str, Any]


class Identity(Protocol):
    """What a system of modules is called, and who knows the way to those that it lacks: its `config/identity.py`."""

    SERVICE_NAME: str
    PORT: int
    GATEWAY_URL: str
    PEERS: dict[str, str]
    CALLERS: dict[str, list[str]]
    SUBSCRIBERS: dict[str, list[str]]


def settings(
    file: Mapping[str, Any], *, identity: Identity | None = None, contracts: str = "contracts", standalone: bool = False
) -> dict[str, Any]:
    """Work out the settings of a deployable from the environment and from what its settings file says: `globals()`.

    What the file says stays, with what the runtime lacks added to `INSTALLED_APPS`, `MIDDLEWARE`, `DATABASES` and
    `DATABASE_ROUTERS`. A setting of the runtime (`CALLS`, `LAYOUT`, …) that the file says itself is taken.

    `contracts` is the package with a file for each contract. `standalone` is for a system that consists of modules:
    Django's own settings come from here as well, as far as the file does not say them.

    Raises `ImproperlyConfigured` for what will not do, in one line.
    """
    said = {name: value for name, value in file.items() if name.isupper()}
    env = environ.Env()
    if standalone:
        environ.Env.read_env(Path(said["BASE_DIR"]) / ".env")
    who = identity or project.identity(said)
    made = _compose(said, env, who, _package(contracts), standalone)
    if standalone:
        # Those that were written before there was such a word say nothing of it.
        own = alone.settings(env, made, who.PORT, said["BASE_DIR"], getattr(who, "LICENSE", ""))
        return own | made | {name: value for name, value in said.items() if name not in made} | {"SETTINGS_ADDED": ()}
    made = {name: value for name, value in made.items() if name not in project.TOKEN_KEYS or name not in said}
    return made | project.extend(said, made)


def _compose(
    said: Said, env: environ.Env, identity: Identity, contracts: ModuleType | None, standalone: bool
) -> dict[str, Any]:
    def of(name: str, kind: Any, make: Callable[[], T]) -> T:
        """Take what the file says; else what is made."""
        if name not in said or said[name] is None:
            return make()
        if not isinstance(said[name], kind):
            expected = f"of the kind that the runtime reads ({kind.__name__}), or of another name"
            raise invalid_setting(name, said[name], expected)
        value: T = said[name]
        return value

    service = of("SERVICE_NAME", str, lambda: values.word(env, "SERVICE_NAME", identity.SERVICE_NAME))
    development = of("DEVELOPMENT", bool, lambda: _is_development(env, said, standalone))
    wanted = tuple(env.list("MODULES", default=[])) if standalone else ()
    layout = of("LAYOUT", Layout, lambda: Layout() if standalone else project.layout(said))
    active, extracted = module.find(layout, wanted), module.find_extracted(layout, wanted)
    if standalone:
        active = {name: _with_database(found) for name, found in active.items()}
    layout = project.place(layout, active)
    registry = of("DISCOVERY", Discovery, lambda: discovery(env))
    names = values.module_names((*active, *extracted), contracts)
    urls = values.module_urls(env.ENVIRON, names, partial(place, found=registry))
    gateway = env.str("GATEWAY_URL", identity.GATEWAY_URL if development and not registry else "")
    if registry and not gateway:
        urls = default_places(names - {*active}) | urls
    if not development:
        required = keys.REQUIRED if standalone else project.settings_of_production(bool(urls or gateway or extracted))
        needed = [module for name, module in extracted.items() if name not in urls]
        keys.refuse_incomplete(env, active.values(), needed, required)
    secret = said["SECRET_KEY"] if said.get("SECRET_KEY") else keys.secret(env, "SECRET_KEY", development)
    server = of("DATABASE_SERVER", Server, lambda: _server(said, env, service, secret, standalone))
    prepare = values.flag(env, "DATABASE_PREPARED_STATEMENTS", True)
    found = databases(server, active, env.ENVIRON, prepare, layout)
    encryption = data_keys(env, development, required=standalone)
    # A project has tokens of its own, and perhaps keys by these names, of another form.
    has_own = not standalone and any(name in said for name in project.TOKEN_KEYS)
    private, public = (None, []) if has_own else keys.user_token_keys(env, development, required=standalone)
    return {
        "STANDALONE": standalone,
        "SERVICE_NAME": service,
        "DEVELOPMENT": development,
        "SECRET_KEY": secret,
        "LAYOUT": layout,
        "ACTIVE_MODULES": active,
        "EXTRACTED_MODULES": extracted,
        "MODULE_SETTINGS": {name: keys.module_settings(env, each, development) for name, each in active.items()},
        "MODULE_URLS": urls,
        "GATEWAY_URL": place("GATEWAY_URL", gateway, registry) if gateway else None,
        "DISCOVERY": registry,
        "KNOWN_SUBSCRIBERS": identity.SUBSCRIBERS,
        "CALLS": of("CALLS", CallPolicy, lambda: _calls(env)),
        "DELIVERY": of("DELIVERY", DeliveryPolicy, lambda: _delivery(env)),
        "SAGAS": of("SAGAS", SagaPolicy, SagaPolicy),
        "AUDIT_RULES": of("AUDIT_RULES", str, lambda: "config.audits" if standalone else ""),
        "REQUEST_TIMEOUT": of("REQUEST_TIMEOUT", (int, float), lambda: values.seconds(env, "REQUEST_TIMEOUT", 20.0)),
        "MAX_REQUEST_BYTES": of(
            "MAX_REQUEST_BYTES", int, lambda: values.number(env, "MAX_REQUEST_BYTES", 64 * 1024 * 1024, 1024**4)
        ),
        "THROTTLE_FACTOR": of("THROTTLE_FACTOR", (int, float), lambda: values.factor(env, "THROTTLE_FACTOR", 1.0)),
        "TRUSTED_PROXIES": of("TRUSTED_PROXIES", tuple, lambda: values.networks(env, "TRUSTED_PROXIES")),
        "DATABASE_SERVER": server,
        "DATABASES": found.settings,
        "PROVISIONED": found.provisioned,
        "OWN_SCHEMAS": found.schemas,
        "DATABASE_ROUTERS": ["seamline.databases.router.ModuleRouter"],
        "JWT_PRIVATE_KEY": private,
        "JWT_PUBLIC_KEYS": public,
        "PERSONAL_DATA_KEYS": encryption,
        "PERSONAL_DATA_ENCRYPTED": bool(encryption) and values.flag(env, "PERSONAL_DATA_ENCRYPTED", True),
        "ACCOUNTS_CONFIRM_EMAIL": values.flag(env, "ACCOUNTS_CONFIRM_EMAIL", False),
        "IDENTITY_PROVIDER": identity_provider(env, development),
        "CONTRACTS_PORT": values.number(env, "CONTRACTS_PORT", 0, 65535, least=0),
        **_trust(env, service, identity, names, development),
        "DELIVERY_BROKER_URL": values.broker_url(env, "CELERY_BROKER_URL" if standalone else "DELIVERY_BROKER_URL"),
        "CELERY_MAX_BACKOFF": values.seconds(env, "CELERY_MAX_BACKOFF", 3.0),
        "DELIVERY_CELERY_APP": "seamline.runtime.celery_app.app",
        # The Prometheus client reads it from the environment by itself.
        "METRICS_FOLDER": values.folder(env, "PROMETHEUS_MULTIPROC_DIR"),
    }


def _with_database(found: module.Module) -> module.Module:
    """Give a module that left a project a database: a schema of the common one is what it had there."""
    return replace(found, data=module.Data.DATABASE) if found.data is module.Data.SCHEMA else found


def _trust(
    env: environ.Env, service: str, identity: Identity, modules: frozenset[str], development: bool
) -> dict[str, Any]:
    """Read who this deployable is to others, and whom of them it believes."""
    own = service_keys.private_keys(env, service, development)
    callers = service_keys.callers(env, identity.CALLERS)
    neighbours = {name for found in (callers, identity.SUBSCRIBERS) for names in found.values() for name in names}
    mode = service_keys.shared_key_mode(env)
    return {
        "SERVICE_PRIVATE_KEYS": own,
        "SERVICE_CALLERS": callers,
        "SERVICE_ISSUERS": service_keys.issuers(
            env, service, own, identity.PEERS, {*modules, *neighbours}, development
        ),
        "SERVICE_KEYS_MODE": mode,
        "SERVICE_KEYS": keys.service_keys(env, development) if mode != "off" else {},
    }


def _is_development(env: environ.Env, said: Said, standalone: bool) -> bool:
    """Tell whether what everybody knows will do for secrets."""
    if standalone or env.str("ENVIRONMENT", ""):
        return bool(env.str("ENVIRONMENT", "development") == "development")
    return bool(said.get("DEBUG", False))


def _package(contracts: str) -> ModuleType | None:
    return import_module(contracts) if util.find_spec(contracts) else None


def _server(said: Said, env: environ.Env, service: str, secret: str, standalone: bool) -> Server:
    prefix = values.word(env, "DATABASE_PREFIX", service.replace("-", "_"))
    if not standalone:
        return project.server(said, prefix, secret)
    url = env.str("DATABASE_URL", "") or EmbeddedPostgres(said["BASE_DIR"] / "var" / "postgres").url
    return Server(url=url, prefix=prefix, secret=secret)


def _calls(env: environ.Env) -> CallPolicy:
    return CallPolicy(
        max_attempts=values.number(env, "CALL_MAX_ATTEMPTS", CallPolicy.max_attempts, 5),
        max_concurrent_calls=values.number(env, "CALL_MAX_CONCURRENT", CallPolicy.max_concurrent_calls, 1000),
        connect_timeout=values.seconds(env, "CALL_CONNECT_TIMEOUT", CallPolicy.connect_timeout),
        reset_timeout=values.seconds(env, "CALL_RESET_TIMEOUT", CallPolicy.reset_timeout),
    )


def _delivery(env: environ.Env) -> DeliveryPolicy:
    return DeliveryPolicy(
        handler_timeout=values.seconds(env, "DELIVERY_HANDLER_TIMEOUT", DeliveryPolicy.handler_timeout),
        lease_seconds=values.seconds(env, "DELIVERY_LEASE_SECONDS", DeliveryPolicy.lease_seconds),
        max_failures=values.number(env, "DELIVERY_MAX_FAILURES", DeliveryPolicy.max_failures, 1000),
        threads_per_subscriber=values.number(env, "DELIVERY_THREADS", DeliveryPolicy.threads_per_subscriber, 32),
    )
