"""Keys, tables between, generic relations, and what goes along when a row is deleted."""

from collections.abc import Iterator

from extraction.survey.facts import Clue, FieldFact, Reference, class_facts, reference
from extraction.survey.index import Model
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule


def collect(subject: Subject) -> Iterator[tuple[int, tuple[str, FieldFact] | Reference]]:
    """Notice the relations that classes declare, and the content types that are asked for."""
    module = subject.module
    if module.is_migration:
        return
    for fact in class_facts(module):
        for relation in fact.relations:
            yield relation.line, (fact.dotted, relation)
    for call, _ in module.calls:
        name = module.spelled(call.func)
        if name.endswith(("ContentType.objects.get_for_model", "ContentType.objects.get_for_models")):
            for value in call.args:
                if found := reference(module, value):
                    yield call.lineno, found


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell what a field leads to, and what is deleted with it."""
    if isinstance(clue.data, Reference):
        found = place.index.model(clue.data, place.app)
        text = f"asks for the content type of {found.label}" if found else ""
        yield from place.to_model("generic-relation", clue.line, found, text)
        return
    dotted, field = clue.data
    source = place.index.models.get(dotted)
    if source is None or field.to == Reference("string", "self"):
        return
    target = place.index.model(field.to, source.app)
    if target is None or target.app is source.app:
        return
    name = f"{source.fact.name}.{field.name}"
    yield from place.to_model(_kind(place, field, target), clue.line, target, f"{name} leads to {target.label}")
    if _cascades(field):
        text = f"deleting a {target.label} deletes every {source.fact.name} of it"
        yield from place.to("cascade", clue.line, target.app, f"{target.label} {name}", text)


def _kind(place: Place, field: FieldFact, target: Model) -> str:
    if field.type.endswith("GenericRelation"):
        return "generic-relation"
    if field.type.endswith("ManyToManyField"):
        return "many-to-many"
    if target is place.index.user:
        return "user-key"
    return "one-to-one" if "OneToOne" in field.type else "foreign-key"


def _cascades(field: FieldFact) -> bool:
    if field.type.endswith("ManyToManyField"):
        return False
    # Before Django 2.0 a key that says nothing cascades. A generic relation always does, from its target's side.
    return field.on_delete in ("CASCADE", "") and not field.type.endswith("GenericRelation")


rule("relations", collect, resolve)
