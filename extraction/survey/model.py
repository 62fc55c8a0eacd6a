"""What a survey finds: apps, couplings, and what could not be read."""

from dataclasses import dataclass, field

OUTSIDE = "(outside)"
"""Stands for code of the project that is in no app."""

EVERY = "(every app)"
"""Stands for all of them: what hears a signal of every model is tied to no one in particular."""


@dataclass(slots=True)
class App:
    """An installed app whose code is in the project."""

    label: str
    package: str
    folder: str
    """From the project's root, with forward slashes."""
    files: int = 0
    lines: int = 0
    models: int = 0
    """Those with a table."""
    is_user: bool = False
    """Whether AUTH_USER_MODEL is here."""
    page_models: tuple[str, ...] = ()
    """Models whose rows are nodes of a tree that a library keeps, Wagtail's pages for one."""


@dataclass(frozen=True, slots=True, order=True)
class Coupling:
    """One place where an app depends on another."""

    path: str
    line: int
    kind: str
    source: str
    target: str
    thing: str
    """What of the target is used: a model, a field, a function. The same thing twice is paid for once."""
    text: str
    """What a reader is told."""


@dataclass(frozen=True, slots=True, order=True)
class Unreadable:
    """A file that was left out, and why."""

    path: str
    line: int
    reason: str


@dataclass(slots=True)
class Findings:
    """What was found in a project, before any judgement."""

    root: str
    settings: tuple[str, ...]
    apps: dict[str, App]
    couplings: list[Coupling]
    outside: list[Coupling]
    """Those with one end in code that is in no app."""
    unreadable: list[Unreadable]
    notes: list[str] = field(default_factory=list)
    files: int = 0
    lines: int = 0
