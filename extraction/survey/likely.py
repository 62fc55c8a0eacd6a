"""What a guess of `inference` comes to, once all models are known; and where a lookup's path leads."""

from collections.abc import Iterator
from dataclasses import dataclass

from extraction.survey.facts import Reference
from extraction.survey.index import Index, Model, Relation
from extraction.survey.model import App

LOOKUPS = frozenset(
    (
        "exact",
        "iexact",
        "contains",
        "icontains",
        "in",
        "gt",
        "gte",
        "lt",
        "lte",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "range",
        "date",
        "year",
        "iso_year",
        "month",
        "day",
        "week",
        "week_day",
        "quarter",
        "time",
        "hour",
        "minute",
        "second",
        "isnull",
        "regex",
        "iregex",
        "search",
        "contained_by",
        "has_key",
        "has_keys",
        "has_any_keys",
        "overlap",
        "len",
        "trigram_similar",
        "unaccent",
        "lower",
        "upper",
        "length",
        "abs",
    )
)
_MAX_DEPTH = 8


def likely_model(index: Index, to: Reference | None, near: App | None, depth: int = 0) -> Model | None:
    """Tell which model an object is probably of; None where there is no saying."""
    if to is None or depth > _MAX_DEPTH:
        return None
    if to.how in ("class", "string", "user"):
        return index.model(to, near) or (_of_class(index, to.name) if to.how == "class" else None)
    if to.how == "view":
        return _of_class(index, to.name)
    if to.how == "path":
        return _of_path(index, to, near, depth)
    return _by_name(index, to.name, near)


def _of_class(index: Index, dotted: str, within: frozenset[str] = frozenset()) -> Model | None:
    """The model that a view, a manager or an admin class works on."""
    known = index.classes.get(index.canonical(dotted))
    if known is None or dotted in within:
        return None
    fact, path = known
    for name in ("model", "queryset"):
        if (found := fact.attributes.get(name)) and (model := index.model(found, index.apps.of_path(path))):
            return model
    return next((m for base in fact.bases if (m := _of_class(index, base, within | {dotted}))), None)


def _of_path(index: Index, to: Reference, near: App | None, depth: int) -> Model | None:
    base = likely_model(index, to.base, near, depth + 1)
    if base:
        steps = list(_steps(base, to.name))
        if steps:
            return steps[0][1]
        if to.name in base.fact.fields:
            return None
    return _by_name(index, to.name, near)


def _by_name(index: Index, name: str, near: App | None) -> Model | None:
    """Take a variable for what it is called: `order`, `new_order`, and `user` for the user."""
    parts = name.strip("_").split("_")
    for at in range(min(len(parts), 3)):
        candidates = index.by_snake.get("_".join(parts[at:]), [])
        own = [model for model in candidates if model.app is near]
        if len(own) == 1 or len(candidates) == 1:
            return (own or candidates)[0]
    return index.user if parts[-1] in ("user", "owner") else None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A step of a path that leaves an app."""

    name: str
    origin: Model
    target: Model


def crossings(index: Index, start: Model | None, path: str, near: App | None, whole: bool = False) -> list[Crossing]:
    """Follow a lookup such as `order__customer__name`, and tell where it goes from one app to another.

    The last name need not be looked up in another's table: `customer__id` and `customer__in` stand in the own one. With
    `whole` it is, as in `select_related`.
    """
    names = path.removeprefix("-").split("__")
    starts = [start] if start else _starts(index, names[0], near)
    ways = [way for model in starts if (way := _follow(model, names, whole)) is not None]
    if len(set(map(_apps, ways))) > 1 and near:
        ways = [way for way in ways if not way or way[0].origin.app is near]
    return ways[0] if len(set(map(_apps, ways))) == 1 else []


def _apps(way: list[Crossing]) -> tuple[str, ...]:
    """The apps that a way goes into: ways that agree in these need not be told apart."""
    return tuple(crossing.target.app.label for crossing in way if crossing.target.app)


def _starts(index: Index, name: str, near: App | None) -> list[Model]:
    """The models that a path can begin at: those of the app that have the name, or else any."""
    able = [m for m in index.models.values() if next(_steps(m, name), None)]
    return [m for m in able if m.app is near] or able


def _follow(model: Model, names: list[str], whole: bool) -> list[Crossing] | None:
    """The crossings of a path; None where it leads nowhere."""
    found: list[Crossing] = []
    for at, name in enumerate(names):
        step = next(_steps(model, name), None)
        if step is None:
            return found if _can_end(model, names[at:]) else None
        relation, target = step
        last = at == len(names) - 1
        forward = name in model.relations and model.relations[name] is relation
        if last and not whole and forward:
            break
        if not last and forward and not whole and _stays(names[at + 1 :]):
            break
        if target.app and model.app and target.app is not model.app:
            found.append(Crossing(name, model, target))
        model = target
    return found


def _stays(rest: list[str]) -> bool:
    """Tell whether what follows a key is answered by the key's own column."""
    return rest[0] in ("id", "pk") or rest[0] in LOOKUPS


def _can_end(model: Model, rest: list[str]) -> bool:
    if model.has_field(rest[0]) or rest[0] in ("id", "pk") or rest[0] in LOOKUPS or rest[0].endswith("_id"):
        return True
    return not model.is_whole


def _steps(model: Model, name: str) -> Iterator[tuple[Relation, Model]]:
    relation = model.relations.get(name)
    if relation and relation.target:
        yield relation, relation.target
    for owner in model.lineage():
        for back in owner.reverse.get(name, ()):
            yield back, back.model
