"""All files together: the models, their relations and tables, and what a dotted name leads to."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from extraction.survey.apps import Apps
from extraction.survey.facts import ClassFact, FieldFact, FileFacts, Reference
from extraction.survey.model import App
from extraction.survey.settings import Settings
from extraction.survey.tree import is_migration

_MODEL = re.compile(
    r"(^|\.)(\w*Model|Abstract(Base)?User|Page|\w+Page|Orderable|MPTTModel|MP_Node|NS_Node|AL_Node|Tag\w*Base)$"
)
_NO_MODEL = re.compile(
    r"^(rest_framework|django\.forms|django\.contrib\.admin|pydantic|graphene|factory|ninja|haystack)\b"
)
_PAGE = re.compile(r"^wagtail\b.*\.(\w*Page|Abstract(Email)?Form)$")
_MAX_HOPS = 12


@dataclass(eq=False)
class Model:
    """A model, or an abstract one."""

    fact: ClassFact
    app: App | None
    path: str
    parents: list["Model"] = field(default_factory=list)
    externals: list[str] = field(default_factory=list)
    relations: dict[str, "Relation"] = field(default_factory=dict)
    """By field name, inherited ones included."""
    reverse: dict[str, list["Relation"]] = field(default_factory=lambda: defaultdict(list))
    """By the name that queries use."""

    @property
    def label(self) -> str:
        return f"{self.app.label if self.app else '?'}.{self.fact.name}"

    @property
    def is_abstract(self) -> bool:
        return self.fact.meta.get("abstract") == "True"

    @property
    def is_proxy(self) -> bool:
        return self.fact.meta.get("proxy") == "True"

    @property
    def table(self) -> str:
        return self.fact.meta.get("db_table") or self.label.replace(".", "_").lower()

    def lineage(self, seen: frozenset[int] = frozenset()) -> Iterator["Model"]:
        """The model and everything that it inherits from, in the project."""
        if id(self) not in seen:
            yield self
            for parent in self.parents:
                yield from parent.lineage(seen | {id(self)})

    def has_field(self, name: str) -> bool:
        """Tell whether a field of this name is written down."""
        return any(name in model.fact.fields for model in self.lineage())

    @property
    def is_whole(self) -> bool:
        """Whether all of its fields are written down in the project."""
        return all(not model.externals for model in self.lineage())


@dataclass(frozen=True, eq=False)
class Relation:
    """A field of a model that leads to another."""

    model: Model
    field: FieldFact
    target: Model | None

    @property
    def accessor(self) -> str | None:
        """The attribute that the target gets; None where it gets none."""
        given = self.field.related_name
        if given is not None:
            return None if given.endswith("+") else self._filled(given)
        if self.field.type.endswith("GenericRelation"):
            return None
        name = self.model.fact.name.lower()
        return name if "OneToOne" in self.field.type else f"{name}_set"

    @property
    def query_name(self) -> str | None:
        given = self.field.query_name or self.field.related_name
        if given is not None:
            return None if given.endswith("+") else self._filled(given)
        return None if self.field.type.endswith("GenericRelation") else self.model.fact.name.lower()

    def _filled(self, name: str) -> str:
        label = self.model.app.label if self.model.app else ""
        return name.replace("%(class)s", self.model.fact.name.lower()).replace("%(app_label)s", label)


class Index:
    """Everything that rules ask about a whole project."""

    def __init__(self, files: Iterable[FileFacts], apps: Apps, settings: Settings) -> None:
        self.apps, self.settings = apps, settings
        self.files = {facts.name: facts for facts in files}
        self.classes = {fact.dotted: (fact, facts.path) for facts in self.files.values() for fact in facts.classes}
        self.models: dict[str, Model] = {}
        """By dotted name."""
        self._is_model: dict[str, bool] = {}
        self._canonical: dict[str, str] = {}
        self._find_models()
        self.by_label = {m.label.lower(): m for m in self.models.values() if not m.is_abstract}
        self.by_snake: dict[str, list[Model]] = defaultdict(list)
        for model in self.by_label.values():
            self.by_snake[_snake(model.fact.name)].append(model)
        self.user = self.by_label.get(settings.user_model.lower())
        self._relate()
        self.tables = dict(self._tables())
        self.accessors = self._accessors()
        self.templates: dict[str, list[App | None]] = defaultdict(list)
        """Whose template a name may be of, the project's own as None."""
        self.urls: dict[str, list[tuple[str, App | None]]] = defaultdict(list)
        """By its last part: the namespace that its file says, and the app."""
        self._name_urls()

    def canonical(self, dotted: str) -> str:
        """Follow a dotted name through re-exports to where the thing is defined."""
        found = self._canonical.get(dotted)
        if found is None:
            found = self._canonical[dotted] = self._follow(dotted)
        return found

    def app(self, dotted: str) -> App | None:
        """The app that a dotted name is in, as it stands."""
        return self.apps.of_name(dotted)

    def model(self, to: Reference | None, near: App | None = None) -> Model | None:
        """The model that a reference surely names."""
        if to is None:
            return None
        if to.how == "user":
            return self.user
        if to.how == "class":
            return self.models.get(self.canonical(to.name))
        if to.how == "string":
            name = to.name.lower()
            if name.count(".") == 0 and near:
                return self.by_label.get(f"{near.label}.{name}".lower())
            return self.by_label.get(".".join(name.split(".")[-2:]))
        return None

    def _follow(self, dotted: str) -> str:
        for _ in range(_MAX_HOPS):
            if dotted in self.classes or dotted in self.files:
                return dotted
            module, names = self._split(dotted)
            if not module or not names:
                return dotted
            facts = self.files[module]
            target = facts.names.get(names[0])
            if target is None:
                target = next((f"{s}.{names[0]}" for s in facts.stars if self._offers(s, names[0], 0)), None)
            if target is None or target == f"{module}.{names[0]}":
                return dotted
            dotted = ".".join([target, *names[1:]])
        return dotted

    def _offers(self, module: str, name: str, depth: int) -> bool:
        facts = self.files.get(module)
        if facts is None or depth > _MAX_HOPS:
            return False
        return name in facts.names or any(self._offers(star, name, depth + 1) for star in facts.stars)

    def _split(self, dotted: str) -> tuple[str, list[str]]:
        parts = dotted.split(".")
        for at in range(len(parts) - 1, 0, -1):
            if (module := ".".join(parts[:at])) in self.files:
                return module, parts[at:]
        return "", []

    def _find_models(self) -> None:
        for dotted, (fact, path) in self.classes.items():
            if not is_migration(path) and self._tell(dotted, frozenset()):
                app = self.apps.of_path(path)
                self.models[dotted] = Model(fact, self.apps.by_label.get(fact.meta.get("app_label", ""), app), path)
        for model in self.models.values():
            for base in model.fact.bases:
                parent = self.models.get(self.canonical(base))
                if parent:
                    model.parents.append(parent)
                elif base.rpartition(".")[2] not in ("Model", "object") and not self._is_project(base):
                    model.externals.append(base)

    def _is_project(self, base: str) -> bool:
        return self.canonical(base) in self.classes

    def _tell(self, dotted: str, within: frozenset[str]) -> bool:
        """Tell whether a class is a model: by its bases, which lead to Django's or to a library's."""
        known = self._is_model.get(dotted)
        if known is not None or dotted in within:
            return bool(known)
        fact, path = self.classes[dotted]
        found = any(self._is_model_base(base, fact, path, within | {dotted}) for base in fact.bases)
        self._is_model[dotted] = found
        return found

    def _is_model_base(self, base: str, fact: ClassFact, path: str, within: frozenset[str]) -> bool:
        name = self.canonical(base)
        if name in self.classes:
            return self._tell(name, within)
        if name in ("django.db.models.Model", "models.Model"):
            return True
        in_models = path.endswith("models.py") or "/models/" in path
        return bool(_MODEL.search(name)) and not _NO_MODEL.match(name) and (in_models or bool(fact.relations))

    def _relate(self) -> None:
        for model in self.models.values():
            for owner in reversed(list(model.lineage())):
                for fact in owner.fact.relations:
                    self._relation(model, owner, fact)

    def _relation(self, model: Model, owner: Model, fact: FieldFact) -> None:
        own = Reference("string", model.label) if fact.to == Reference("string", "self") else fact.to
        target = self.model(own, model.app if owner is not model else owner.app)
        relation = Relation(model, fact, target)
        model.relations[fact.name] = relation
        inherited = owner is not model and not owner.is_abstract
        if target and not model.is_abstract and not inherited and (name := relation.query_name):
            target.reverse[name].append(relation)

    def _tables(self) -> Iterator[tuple[str, Model]]:
        for model in self.by_label.values():
            if model.app and not model.is_proxy:
                table = model.table.strip('"').lower()
                yield table, model
                for relation in model.relations.values():
                    if relation.field.type.endswith("ManyToManyField") and not relation.field.through:
                        yield f"{table}_{relation.field.name}".lower(), model

    def _accessors(self) -> dict[str, list[Relation]]:
        """The relations behind each reverse accessor."""
        found: dict[str, list[Relation]] = defaultdict(list)
        for model in self.models.values():
            for relations in model.reverse.values():
                for relation in relations:
                    if relation.accessor:
                        found[relation.accessor].append(relation)
        return found

    def _name_urls(self) -> None:
        for facts in self.files.values():
            for url in facts.urls:
                owner = self.apps.of_name(self.canonical(url.view)) if url.view else None
                self.urls[url.name].append((url.namespace, owner or self.apps.of_path(facts.path)))

    def page_models(self) -> Iterator[Model]:
        """The models whose rows stand in a tree that a library keeps."""
        for model in self.by_label.values():
            if any(_PAGE.search(base) for parent in model.lineage() for base in parent.externals):
                yield model


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
