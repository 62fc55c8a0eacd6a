# mypy: ignore-errors
# In the Django of somebody's project, of any version.
"""Run in the project by its own Python, with its own settings: nothing of ours can be imported here.

It prints what a service has to know of the module: where its views are found, what of the settings it lives by, what
the users' ids are, which distributions have what it imports.
"""

import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

PLAIN = ("DEFAULT_AUTO_FIELD", "LANGUAGE_CODE", "TIME_ZONE", "USE_I18N", "USE_TZ", "APPEND_SLASH", "LOGIN_URL")
PLAIN += ("LOGIN_REDIRECT_URL", "CSRF_TRUSTED_ORIGINS", "DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS")
SECRET = ("KEY", "SECRET", "PASSWORD", "TOKEN", "DSN", "CREDENTIAL")
OURS = ("DEFAULT_AUTHENTICATION_CLASSES", "DEFAULT_SCHEMA_CLASS", "UNAUTHENTICATED_USER", "UNAUTHENTICATED_TOKEN")


def main(label, asked):
    """Print the answer as JSON, in one line that begins with a mark."""
    # The runtime that the project names, if it is not installed yet.
    sys.path.append(os.environ.get("EXTRACTION_RUNTIME", ""))
    import django

    django.setup()
    from django.conf import settings

    answer = {"service_name": getattr(settings, "SERVICE_NAME", "") or settings.ROOT_URLCONF.partition(".")[0].lower()}
    answer |= {"user_id": _user_id(), "keeps_files": _keeps_files(label)}
    answer |= _settings(settings, asked) | _routes(settings, asked["packages"])
    # What settings name is needed as much as what is imported.
    named = {name.partition(".")[0] for value in answer["rest_framework"].values() for name in _names_in(value)}
    asked["third_party"] = sorted({*asked["third_party"], *(top for top in named if not _is_of_project(top))})
    answer["applications"] = _applications(settings, asked)
    answer["distributions"] = _distributions(asked["third_party"])
    print("\n@@seam@@" + json.dumps(answer))


def _user_id():
    from django.contrib.auth import get_user_model

    kind = get_user_model()._meta.pk.get_internal_type()
    return "uuid" if kind == "UUIDField" else "str" if kind == "CharField" else "int"


def _keeps_files(label):
    from django.apps import apps
    from django.db.models import FileField

    models = apps.get_app_config(label).get_models()
    return any(isinstance(field, FileField) for model in models for field in model._meta.get_fields())


def _settings(settings, asked):
    """What is plain and not secret goes along; of the rest is told where it is read."""
    from django.conf import global_settings

    plain, open_ones = {}, []
    for name in dict.fromkeys([*PLAIN, *asked["settings"]]):
        if not hasattr(settings, name):
            continue
        value = getattr(settings, name)
        if name in PLAIN and value == getattr(global_settings, name, None):
            continue
        if any(word in name for word in SECRET) or not _is_plain(value):
            open_ones.append(name)
        else:
            plain[name] = value
    given = {k: v for k, v in getattr(settings, "REST_FRAMEWORK", {}).items() if k not in OURS and _is_plain(v)}
    own = tuple(f"{package}." for package in (*asked["packages"], *asked["libraries"]))
    strangers = [k for k, v in given.items() if not _is_known(v, own)]
    kept = {k: v for k, v in given.items() if k not in strangers}
    return {"settings": plain, "open": open_ones, "rest_framework": kept, "strangers": strangers}


def _is_plain(value):
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or (isinstance(value, (str, int, float, bool)) and not hasattr(value, "_proxy____cast"))


def _is_known(value, own):
    """Whether what a setting of REST framework names is there in a service too."""
    return all(name.startswith(own) or not _is_of_project(name.partition(".")[0]) for name in _names_in(value))


def _names_in(value):
    names = value if isinstance(value, (list, tuple)) else [value]
    return [name for name in names if isinstance(name, str) and name.count(".") > 1 and " " not in name]


def _is_of_project(top):
    found = find_spec(top)
    places = [found.origin or "", *(found.submodule_search_locations or ())] if found else []
    here = f"{Path.cwd()}{os.sep}"
    return any(place.startswith(here) and "site-packages" not in place for place in places)


def _routes(settings, packages):
    from django.urls import get_resolver

    routes, open_routes = [], []
    _walk(get_resolver(settings.ROOT_URLCONF), "", packages, routes, open_routes)
    return {"routes": routes, "open_routes": open_routes}


def _walk(resolver, prefix, packages, routes, open_routes):
    from django.urls import URLResolver

    for entry in resolver.url_patterns:
        route = _join(prefix, entry.pattern)
        if not isinstance(entry, URLResolver):
            if _is_in(getattr(_target(entry.callback), "__module__", ""), packages):
                described = _view(entry, route)
                (routes if isinstance(described, dict) else open_routes).append(described)
            continue
        name = getattr(entry.urlconf_name, "__name__", entry.urlconf_name)
        if isinstance(name, str) and _is_in(name, packages):
            namespace = entry.namespace if entry.namespace != entry.app_name else ""
            routes.append({"route": route, "target": name, "kind": "include", "namespace": namespace or ""})
        else:
            _walk(entry, route, packages, routes, open_routes)


def _join(prefix, pattern):
    from django.urls.resolvers import RoutePattern

    own = str(pattern)
    if isinstance(pattern, RoutePattern) and not prefix.startswith("^"):
        return prefix + own
    # An expression behind a route makes one of both.
    before = prefix if prefix.startswith("^") or not prefix else RoutePattern(prefix).regex.pattern
    after = pattern.regex.pattern if isinstance(pattern, RoutePattern) else own
    for end in ("$", "\\Z", "\\z"):
        before = before.removesuffix(end)
    return (before or "^") + after.removeprefix("^")


def _target(callback):
    return getattr(callback, "cls", None) or getattr(callback, "view_class", None) or callback


def _view(entry, route):
    callback, target = entry.callback, _target(entry.callback)
    found = f"{target.__module__}.{getattr(target, '__qualname__', '')}"
    described = {"route": route, "target": found, "kind": "function", "name": entry.name or ""}
    if target is callback:
        return described if _resolve(found) is callback else f"{route}: its view is wrapped where it is routed"
    arguments = {**(getattr(callback, "view_initkwargs", None) or {}), **getattr(callback, "initkwargs", {})}
    if _resolve(found) is not target or not _is_plain(arguments):
        return f"{route}: its view {found} is made where it is routed"
    actions = getattr(callback, "actions", None)
    return described | {"kind": "viewset" if actions else "class", "actions": actions or {}, "arguments": arguments}


def _resolve(dotted):
    module, _, name = dotted.rpartition(".")
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


def _is_in(dotted, packages):
    return any(f"{dotted}.".startswith(f"{package}.") for package in packages)


def _applications(settings, asked):
    """Applications that the service has beside Django's own and the runtime's: of libraries, and of others."""
    wanted = (*asked["libraries"], *asked["third_party"])
    ours = ("django.contrib.", "rest_framework", "drf_spectacular", "seamline", "corsheaders", "whitenoise")
    names = [name for name in settings.INSTALLED_APPS if not name.startswith(ours)]
    return [name for name in names if _is_in(name, wanted) and not _is_in(name, asked["packages"])]


def _distributions(names):
    try:
        from importlib.metadata import packages_distributions, version
    except ImportError:
        return {}
    known = packages_distributions()
    return {name: [known[name][0], version(known[name][0])] for name in names if name in known}


if __name__ == "__main__":
    main(sys.argv[2], json.loads(sys.argv[3]))  # the first is what is asked, of which there is one kind
