"""The files that are written for a service, from templates, and what those may know of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from extraction.processes import ruff
from extraction.reading import layout
from extraction.reading.contract_files import Declared
from extraction.reading.layout import owner_of_contract
from extraction.reading.manifest import Manifest, Setting
from extraction.writing import template_engine
from extraction.writing.place import Place
from extraction.writing.traits import Traits

MONOLITH = "http://127.0.0.1:8000"
"""Where the monolith is in development."""
FIRST_PORT = 8001
_OF_THE_PLACE = ("src/config/settings.py", "src/config/urls.py")
"""What the first module's service listens on in development, beside the monolith; every other has one of its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the templates may know of the service."""

    module: str
    summary: str
    operations: tuple[tuple[str, str], ...]
    """What it answers: `Parcels.send`, `command`."""
    calls: tuple[str, ...]
    """Other modules that it calls."""
    subscribes: tuple[str, ...]
    """Events it listens to: `parcels.ParcelSent`."""
    subscribers: tuple[tuple[str, tuple[str, ...]], ...]
    """Who listens to its events, by event: `parcels.ParcelSent.v1`."""
    callers: tuple[tuple[str, tuple[str, ...]], ...]
    """Who calls it, by contract: `parcels`, or `parcels.tracking` for a facet."""
    contracts: tuple[str, ...]
    settings: tuple[Setting, ...]
    traits: Traits
    monolith: str = MONOLITH
    port: int = FIRST_PORT
    place: Place | None = None
    """How it lies, where that is not below `src/modules`: it came out of a project of another layout."""

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        contracts: tuple[str, ...],
        declared: Mapping[str, Declared],
        others: Iterable[Manifest],
        traits: Traits,
        port: int,
        place: Place | None = None,
    ) -> "Subject":
        """The subject that a manifest describes, among the `others` of its project."""
        return cls(
            module=manifest.name,
            summary=manifest.summary,
            operations=tuple(
                (f"{name.rpartition('.')[2]}.{operation}", kind)
                for name in manifest.serves
                if name in declared
                for operation, kind in declared[name].operations.items()
            ),
            calls=tuple(sorted({owner for name in manifest.calls if (owner := owner_of_contract(name))})),
            subscribes=tuple(name.removeprefix("contracts.") for name in manifest.subscribes),
            subscribers=_subscribers(manifest.name, declared, others),
            callers=_callers(manifest.name, declared, others),
            contracts=contracts,
            settings=manifest.settings,
            traits=traits,
            port=port,
            place=place,
        )

    @property
    def folder(self) -> str:
        """Where its code lies."""
        return self.place.folder if self.place else layout.module_folder(self.module)

    @property
    def folders(self) -> tuple[str, ...]:
        """Where its code lies, and what travels along with it."""
        return self.place.folders if self.place else (self.folder,)

    @property
    def roots(self) -> tuple[str, ...]:
        """The packages with the code of the module, and what travels along with it."""
        return self.place.roots if self.place else (layout.MODULES_PACKAGE,)

    @property
    def neighbours(self) -> tuple[str, ...]:
        """Other modules that it calls or listens to."""
        return tuple(sorted({*self.calls, *(event.partition(".")[0] for event in self.subscribes)}))

    @property
    def service(self) -> str:
        """What the service is called: `parcels-service`."""
        return f"{self.module.replace('_', '-')}-service"

    @property
    def title(self) -> str:
        return self.service.replace("-", " ").capitalize()

    @property
    def url_setting(self) -> str:
        """What names the service to the monolith: `PARCELS_URL`."""
        return f"{self.module.upper()}_URL"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The settings that production wants, and nobody else is to know."""
        signing = "JWT_PRIVATE_KEY" if self.traits.issues_tokens else "JWT_PUBLIC_KEYS"
        required = (self.variable(setting) for setting in self.settings if setting.required and setting.secret)
        return ("SECRET_KEY", "PERSONAL_DATA_KEYS", "SERVICE_PRIVATE_KEY", signing, *required)

    @property
    def configured(self) -> tuple[Setting, ...]:
        """The settings that production wants, and that anybody may know."""
        return tuple(setting for setting in self.settings if setting.required and not setting.secret)

    def variable(self, setting: Setting) -> str:
        """The environment variable of a setting."""
        return f"{self.module}_{setting.name}".upper()


def choose_port(module: str, modules: Sequence[str]) -> int:
    """Choose what a module's service listens on in development, by its place among all modules."""
    return FIRST_PORT + modules.index(module)


def render(subject: Subject) -> Iterator[tuple[str, str]]:
    """Render every written file: its path in the service, and its text. One without any is of no use to the service."""
    for path, text in template_engine.render("service", subject):
        if text.strip():
            # What a project's settings say may be of any length.
            yield path, ruff.format_alone(path, text) if subject.place and path in _OF_THE_PLACE else text


def _callers(
    module: str, declared: Mapping[str, Declared], others: Iterable[Manifest]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, set[str]] = defaultdict(set)
    for other in others:
        for name in other.calls:
            if owner_of_contract(name) == module and other.name != module and name in declared:
                facet = declared[name].facet
                found[f"{module}.{facet}" if facet else module].add(other.name)
    return tuple((contract, tuple(sorted(names))) for contract, names in sorted(found.items()))


def _subscribers(
    module: str, declared: Mapping[str, Declared], others: Iterable[Manifest]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = defaultdict(list)
    for other in others:
        for name in other.subscribes:
            if owner_of_contract(name) == module and other.name != module and name in declared:
                found[f"{name.removeprefix('contracts.')}.v{declared[name].version}"].append(other.name)
    return tuple((event, tuple(sorted(names))) for event, names in sorted(found.items()))
