"""The map as a document: modules and where they live, calls, events and sagas, with the figures of now."""

import inspect
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import cache
from typing import Any, get_type_hints

from django.conf import settings
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from seamline import __version__, discovery, topology
from seamline.contract import Contract
from seamline.databases import availability
from seamline.events import subscriptions
from seamline.layout import alias_of
from seamline.module import active, extracted, known
from seamline.observability import metrics
from seamline.operations import gauges
from seamline.operations.system_map import figures, layout, neighbours
from seamline.operations.system_map.figures import Figures
from seamline.operations.system_map.neighbours import Neighbour

Json = dict[str, Any]
MAX_AGE_SECONDS = 1.0
"""For which a document is given to everybody who asks."""
MAX_MODULES = 300
_PACKAGES = re.compile(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])")
_MODULE = re.compile(r"[a-z][a-z0-9_]{0,59}")

_latest: Json | None = None
_drawing = threading.Lock()


def current() -> Json:
    """Give the map of now. While it is drawn for somebody, others get the one before."""
    global _latest
    before = _latest
    if _is_fresh(before) or not _drawing.acquire(blocking=before is None):
        return before or draw()
    try:
        if not _is_fresh(_latest):
            _latest = draw()
        return _latest or draw()
    finally:
        _drawing.release()


def _is_fresh(drawn: Json | None) -> bool:
    return drawn is not None and 0 <= time.time() - drawn["at"] < MAX_AGE_SECONDS


def draw() -> Json:
    """Draw the map anew."""
    found = _Found()
    calls, events = list(_calls(found)), list(_events(found))
    names = sorted({*found.names, *(edge[end] for edge in (*calls, *events) for end in ("source", "target"))})
    ties = {
        (edge["source"], edge["target"], kind) for kind, each in (("calls", calls), ("events", events)) for edge in each
    }
    picture = layout.lay_out(tuple(names[:MAX_MODULES]), tuple(sorted(ties)))
    boxes = {box.name: box for box in picture.boxes}
    lines = {(line.source, line.target, line.kind): line for line in picture.lines}
    for kind, each in (("calls", calls), ("events", events)):
        for edge in each:
            if line := lines.get((edge["source"], edge["target"], kind)):
                edge |= {"path": line.path, "label": [line.label_x, line.label_y]}
    return {
        "service": settings.SERVICE_NAME,
        "runtime": __version__,
        "at": time.time(),
        "size": [picture.width, picture.height],
        "box": [layout.WIDTH, layout.HEIGHT],
        "bounds": list(metrics.CALL_BOUNDS),
        "modules": [_module(found, name) | {"x": boxes[name].x, "y": boxes[name].y} for name in boxes],
        "deployables": list(_deployables(found)),
        "counted": [{"instance": source.instance, "at": at} for source, at in found.sources],
        "calls": calls,
        "events": events,
        "sagas": [
            {"module": module, "name": name, "state": state, **asdict(sagas)}
            for figures, _ in found.sources
            for (module, name, state), sagas in figures.sagas.items()
        ],
    }


def _by_kind(calls: list[Json], events: list[Json]) -> tuple[tuple[str, list[Json]], ...]:
    return ("calls", calls), ("events", events)


class _Found:
    """What is asked once for a map."""

    def __init__(self) -> None:
        self.routes = topology.current()
        self.away = availability.away()
        self.names = set(_names())
        self.places = {name: self._place(name) for name in self.names}
        own = figures.read([*metrics.registry().collect(), *gauges.registry.collect()])
        instances = {place: discovery.instances_of(place) for place in self.places.values() if place}
        asked = neighbours.look(url for urls in instances.values() for url in urls)
        # One of them that answers speaks for the others.
        self.neighbours = {place: _speaker(place, [asked[url] for url in urls]) for place, urls in instances.items()}
        self.sources: list[tuple[Figures, float]] = [(own, time.time())]
        for each in asked.values():
            # One deployable may have two addresses.
            if each.figures and each.figures.instance not in {source.instance for source, _ in self.sources}:
                self.sources.append((each.figures, each.at))
        self.unheard = subscriptions.pending()

    def _place(self, module: str) -> str | None:
        """Give a module's address; None for this process, and "" where nobody knows it."""
        try:
            return self.routes.url(module)
        except topology.Unlocated:
            return ""


def _speaker(place: str, instances: list[Neighbour]) -> Neighbour:
    nobody = Neighbour(place, "no instance is known", at=time.time())
    return replace(next((each for each in instances if not each.problem), (instances or [nobody])[0]), url=place)


def _names() -> Iterator[str]:
    """Name the modules that manifests speak of."""
    for name, module in known().items():
        yield name
        yield from (contract.module for contract in module.calls)
        yield from (event.module for event in module.subscribes)


def _calls(found: _Found) -> Iterator[Json]:
    declared: dict[tuple[str, str], set[str]] = {
        (name, contract.module): set() for name, module in known().items() for contract in module.calls
    }
    for name, module in known().items():
        for contract in module.calls:
            declared[name, contract.module].add(contract.__name__)
    counted: dict[tuple[str, str], list[Json]] = {}
    for source, at in found.sources:
        for (caller, operation), calls in source.calls.items():
            address, _, name = operation.rpartition("/")
            target, _, facet = address.partition("/")[0].partition(".")
            # What the runtime asks of modules, by facets of their contracts, is no call of one by another.
            if not facet and _is_shown(found, caller, target):
                told = {"operation": name, "contract": address, "instance": source.instance, "at": at, **asdict(calls)}
                counted.setdefault((caller, target), []).append(told)
    for pair in sorted({*declared, *counted}):
        names = sorted(declared.get(pair, ()))
        yield {"source": pair[0], "target": pair[1], "names": names, "counted": counted.get(pair, [])}


def _events(found: _Found) -> Iterator[Json]:
    declared: dict[tuple[str, str], set[str]] = {}
    for name, module in known().items():
        for event in module.subscribes:
            declared.setdefault((event.module, name), set()).add(event.__name__)
    standing: dict[tuple[str, str], figures.Backlog] = {}
    for source, _ in found.sources:
        for pair, backlog in source.events.items():
            if _is_shown(found, *pair):
                standing[pair] = backlog
    unheard = {(each.publisher, each.subscriber) for each in found.unheard}
    for pair in sorted({*declared, *standing}):
        told = asdict(standing[pair]) if pair in standing else dict.fromkeys(("undelivered", "dead", "oldest_seconds"))
        names = sorted(declared.get(pair, ()))
        yield {"source": pair[0], "target": pair[1], "names": names, "is_heard": pair not in unheard, **told}


def _is_shown(found: _Found, source: str, target: str) -> bool:
    """Tell whether both ends are modules, and one of them is of those that are spoken of here."""
    both_are_names = _MODULE.fullmatch(source) and _MODULE.fullmatch(target)
    return bool(both_are_names) and bool({source, target} & found.names)


def _module(found: _Found, name: str) -> Json:
    manifest = known().get(name)
    url = found.places.get(name, "")
    if url == "":
        # One that others speak of lives where it says so.
        url = next((each.url for each in found.neighbours.values() if name in each.modules), "")
    neighbour = found.neighbours.get(url) if url else None
    status, why = _status(found, name, url, neighbour)
    return {
        "name": name,
        "summary": manifest.summary if manifest else "",
        "place": "here" if url is None else url or None,
        "service": settings.SERVICE_NAME if url is None else neighbour.service if neighbour else "",
        "runtime": __version__ if url is None else neighbour.runtime if neighbour else "",
        "status": status,
        "why": why,
        "contracts": _contracts(name),
        "jobs": [job.name for job in active()[name].jobs] if name in active() else [],
        "links": _links(name, url),
    }


def _status(found: _Found, name: str, url: str | None, neighbour: Neighbour | None) -> tuple[str, str]:
    """Tell how a module is, and why."""
    if url is None:
        is_away = alias_of(name) in found.away
        return ("down", "its database does not answer") if is_away else ("up", "")
    if not url:
        return "unlocated", f"nobody knows where it lives: {name.upper()}_URL and GATEWAY_URL are not set"
    if neighbour is None or neighbour.problem:
        return "down", neighbour.problem if neighbour else ""
    if name not in neighbour.modules:
        return "down", f"{neighbour.service or url} has no such module"
    answers = neighbour.modules[name]
    if answers is None:
        return "elsewhere", f"{neighbour.service} passes on what is for it"
    return ("up", neighbour.no_figures) if answers else ("down", "its database does not answer")


def _deployables(found: _Found) -> Iterator[Json]:
    _, at = found.sources[0]
    yield {"place": "here", "service": settings.SERVICE_NAME, "runtime": __version__, "problem": "", "at": at}
    for each in found.neighbours.values():
        problem = each.problem or each.no_figures
        yield {"place": each.url, "service": each.service, "runtime": each.runtime, "problem": problem, "at": each.at}


@cache
def _contracts(module: str) -> list[Json]:
    """Describe the contracts of a module that anybody here serves or calls."""
    served = known()[module].serves if module in known() else ()
    called = (each for other in known().values() for each in other.calls if each.module == module)
    unique = {contract.address: contract for contract in (*called, *served)}
    return [_contract(contract) for _, contract in sorted(unique.items())]


def _contract(contract: type[Contract]) -> Json:
    operations = [
        {
            "name": operation.name,
            "kind": str(operation.kind),
            "signature": _signature(contract, operation.name),
            "summary": (inspect.getdoc(getattr(contract, operation.name)) or "").partition("\n")[0],
            "timeout": operation.timeout,
        }
        for operation in contract.operations.values()
    ]
    return {"name": contract.__name__, "address": contract.address, "operations": operations}


def _signature(contract: type[Contract], name: str) -> str:
    """Write an operation as a reader would: no packages, and no bounds of values."""
    function = getattr(contract, name)
    signature, plain = inspect.signature(function), get_type_hints(function)
    own = [each.replace(annotation=plain[each.name]) for each in list(signature.parameters.values())[1:]]
    return name + _PACKAGES.sub("", str(signature.replace(parameters=own, return_annotation=plain["return"])))


def _links(name: str, url: str | None) -> dict[str, str]:
    """Say where to go from a module, by what is to be seen there."""
    if url:
        return {"deployable": url}
    if url is None:
        query = f"?module={name}"
        rows = {"events": "outboxmessage", "sagas": "sagarecord", "jobs": "jobrecord"}
        found = {words: _reverse(f"admin:seamline_{model}_changelist", query) for words, model in rows.items()}
        found["admin"] = _reverse("admin:app_list", "", name) if _has_admin(name) else ""
        found["API"] = _reverse("docs", f"#/{name}") if active()[name].has("urls") else ""
        found["metrics"] = _reverse("metrics")
        return {words: link for words, link in found.items() if link}
    return {"API": _reverse("docs", f"#/{name}")} if name in extracted() else {}


@cache
def _has_admin(app: str) -> bool:
    return any(model._meta.app_label == app for model in admin.site._registry)


def _reverse(name: str, more: str = "", *arguments: Iterable[str]) -> str:
    try:
        return reverse(name, args=arguments) + more
    except NoReverseMatch:
        return ""
