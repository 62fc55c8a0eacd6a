"""A system of one's own: every file of it, from what this tool has with it. Nothing is asked of an index."""

import importlib.util
import keyword
import re
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from extraction.processes.errors import InvalidArgument
from extraction.reading import dependencies, layout
from extraction.reading.requirements import Lock, canonical
from extraction.writing import new_module, plan, runtime_wheel, shared_files, template_engine, tool_wheel
from extraction.writing.names import Names
from extraction.writing.plan import File

STARTER = Names("notes", "note")
"""A module to look at and to throw away."""
LICENCES = {"none": "", "mit": "MIT License", "apache-2.0": "Apache License 2.0"}
"""What the licences that can be chosen call themselves."""
SPDX = {"none": "", "mit": "MIT", "apache-2.0": "Apache-2.0"}
"""Their identifiers."""
TOOL_EXTRAS = ("runtime",)
STUBS = ("celery-types", "django-stubs", "djangorestframework-stubs")
"""Types of what the runtime is made of."""
MAX_NAME_LENGTH = 24
"""With a module's name behind it, it is the name of a database."""
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_TAKEN = frozenset({"config", "contracts", "extraction", "modules", "seamline", "tests"})
_INCLUDES = {"base": "", "local": "-r base.in\n", "dev": "-r local.in\n"}

_GUIDE = r"\s+(?:# )?See\s+(?:# )?docs/(?:operate|security|identity-providers)\.md[^.\n]*\."
"""A sentence that leads to a page that is not written."""


@dataclass(frozen=True, slots=True)
class System:
    """What the templates may know of the system."""

    name: str
    """`acme`"""
    licence: str = "none"
    place = None
    """Its modules lie where those of every system do."""
    roots = (layout.MODULES_PACKAGE,)

    @property
    def title(self) -> str:
        return re.sub("[-_]", " ", self.name).capitalize()

    @property
    def service(self) -> str:
        """What its image is called."""
        return self.name

    @property
    def prefix(self) -> str:
        """First word of its databases' names."""
        return self.name.replace("-", "_")

    @property
    def licence_name(self) -> str:
        return LICENCES[self.licence]

    @property
    def api_license(self) -> str:
        return SPDX[self.licence]


def check_name(name: str) -> None:
    """Make sure that a system can be called that. Raises `InvalidArgument`."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} will not do: a system's name is lower-case words with - or _ between, such as acme; say --name"
        )
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidArgument(f"{name!r} is too long: a system's name has {MAX_NAME_LENGTH} characters at most")
    package = name.replace("-", "_")
    if keyword.iskeyword(package):
        raise InvalidArgument(f"{name!r} will not do: it is a keyword of Python; say another --name")
    if package in _TAKEN or package in sys.stdlib_module_names or _is_installed(package):
        raise InvalidArgument(f"{name!r} is taken: there is a Python package of that name; say another --name")


def _is_installed(package: str) -> bool:
    found = importlib.util.find_spec(package)
    # Any folder that we happen to be beside could be imported, and has no origin.
    return found is not None and found.origin is not None


def plan_files(system: System) -> tuple[File, ...]:
    """Work out every file of a system. The same name and licence give the same bytes."""
    shared = shared_files.read_all()
    runtime, tool = runtime_wheel.find(), tool_wheel.find()
    texts = dict(_adapt(system, shared))
    texts |= dict(pin_requirements(shared[shared_files.PINS].decode()))
    texts |= dict(template_engine.render("system", system))
    texts["importlinter.ini"] = _layers(system)
    texts[".github/workflows/ci.yaml"] = template_engine.render_one("service", ".github/workflows/ci.yaml", system)
    if system.licence_name:
        texts["LICENSE"] = template_engine.render_one("licences", system.licence, system)
    texts |= _starter(texts["pyproject.toml"])
    files = {path: File(path, text.encode(), executable=text.startswith("#!")) for path, text in texts.items()}
    files |= {wheel.path: File(wheel.path, wheel.content) for wheel in (runtime, tool)}
    return tuple(files[path] for path in sorted(files))


def _adapt(system: System, shared: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for path, content in shared.items():
        if path in shared_files.READ:
            continue
        text = content.decode()
        for pattern, replacement in [*plan.ADAPTED.get(path, ()), *_words(system).get(path, ())]:
            text, times = re.subn(pattern, replacement, text, flags=re.MULTILINE)
            if not times:
                raise AssertionError(f"{path} has nothing such as {pattern}")
        yield path, text


def _words(system: System) -> dict[str, list[tuple[str, str]]]:
    """What differs in the shared files, as a pattern and what stands there instead."""
    name, prefix, thing = system.name, system.prefix, STARTER.name
    members = (
        "# How many minutes an access token is good for, and how many days a refresh token.\n"
        "#MEMBERS_ACCESS_MINUTES=15\n#MEMBERS_REFRESH_DAYS=14\n\n"
    )
    return {
        ".env.example": [
            (_GUIDE, ""),
            (r"^#SERVICE_NAME=.*", f"#SERVICE_NAME={name}"),
            (r"=\w+-service@http://\w+", f"={thing}-service@http://{thing}"),
            (r"realms/\w+$", f"realms/{name}"),
            (r"^#IDENTITY_AUDIENCE=.*", f"#IDENTITY_AUDIENCE={name}-api"),
            (r"^#SERVICE_CALLERS=.*", f"#SERVICE_CALLERS={thing}=another"),
            (r"^#ALLOWED_HOSTS=.*", f"#ALLOWED_HOSTS={name}.example.com"),
            (r"names there: \w+\.", f"names there: {prefix}_{thing}."),
            (r"^#DATABASE_PREFIX=.*", f"#DATABASE_PREFIX={prefix}"),
            (r"^#[A-Z]+_DATABASE_URL=.*", f"#{thing.upper()}_DATABASE_URL=postgresql://{thing}@127.0.0.1:5432/{thing}"),
            (r"^#MODULES=.*", f"#MODULES=members,{thing}"),
            (r"^#(?!GATEWAY)[A-Z]+_URL=(?=http)", f"#{thing.upper()}_URL="),
            (r"(all of its own, those that are not here too\.\n\n)(?:.*\n)*?(?=# --- compose)", rf"\g<1>{members}"),
        ],
        "compose.yaml": [
            (r"^name: .*", f"name: {name}"),
            (r"^  image: \w+$", f"  image: {name}"),
            (r"--modules [\w,]+", f"--modules members,{thing}"),
            (r"^ *# See .*docs/operate\.md\.\n", ""),
        ],
    }


def _layers(system: System) -> str:
    """Take the contracts of a service, and hold modules apart, of which there are several here."""
    text = template_engine.render_one("service", "importlinter.ini", system).replace("of the service", "of the system")
    apart = (
        "[importlinter:contract:modules]\nname = Modules meet only through their contracts\n"
        "type = independence\nmodules =\n    modules.*\n\n"
    )
    return text.replace("[importlinter:contract:contracts]", f"{apart}[importlinter:contract:contracts]")


def pin_requirements(
    pins: str, beside: Iterable[str] = (), tool_extras: Collection[str] = TOOL_EXTRAS
) -> Iterator[tuple[str, str]]:
    """Name what a deployable requires, and pin it as this version of the tool has it pinned.

    `beside` are lines of what it needs beside the runtime; none of what is not pinned here is in the locks.
    """
    runtime, tool = runtime_wheel.find(), tool_wheel.find()
    lock = Lock.parse(pins).explain(pins)
    for wheel in (runtime, tool):
        lock = lock.with_wheel(canonical(wheel.name), wheel.pin(), wheel.requirements)
    major, minor = re.findall(r"(?m)^django==(\d+)\.(\d+)", pins)[0]
    tools = sorted({*dependencies.TOOLS, *STUBS})
    named = {
        "base": [runtime.requirement(plan.EXTRAS), f"django~={major}.{minor}.0", *beside],
        "local": [runtime.requirement(plan.LOCAL_EXTRAS)],
        "dev": [tool.requirement(tool_extras), *tools],
    }
    roots: set[str] = set()
    extras: dict[str, frozenset[str]] = {}
    inputs: dict[str, set[str]] = {}
    for stem, lines in named.items():
        path = f"requirements/{stem}.in"
        yield path, _INCLUDES[stem] + "\n".join(lines) + "\n"
        inputs[path] = {canonical(re.split(r"[\[=~]", line)[0]) for line in lines}
        roots |= inputs[path]
        extras[runtime.name] = extras.get(runtime.name, frozenset()) | (
            frozenset(plan.EXTRAS) if stem == "base" else frozenset({*plan.EXTRAS, *plan.LOCAL_EXTRAS})
        )
        extras[tool.name] = frozenset(tool_extras)
        yield f"requirements/{stem}.txt", lock.subset(sorted(roots), inputs, extras)


def _starter(configuration: str) -> Mapping[str, str]:
    """Write the module to throw away, formatted as the system has it."""
    with tempfile.TemporaryDirectory(prefix="extraction.") as folder:
        (Path(folder) / "pyproject.toml").write_text(configuration, encoding="utf-8")
        return new_module.plan(STARTER, Path(folder)).files
