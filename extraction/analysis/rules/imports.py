"""Imports of another module, by any path."""

from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.layout import module_package, path_stem
from extraction.reading.project import Project

NOT_BELOW = frozenset({"benchmarks", "config", "extraction", "manage"})
"""Packages that modules know nothing of. What is in `tests` travels with the tests that import it."""
FIX = "ask through its contract: call(…), or subscribe to its events"


@rule
def direct_imports(subject: Subject) -> Iterator[Finding]:
    """`from modules.other import …`, also inside a function or a test."""
    for source in subject.sources:
        for item in source.imports:
            if item.target == "modules":
                message = "the folder of all modules is imported"
                yield Finding(source.path, item.line, "import", message, "import by the full name what you need")
            elif other := subject.foreign(item.target):
                message = f"{source.name} imports {item.target}, which is {other}'s"
                yield Finding(source.path, item.line, "import", message, FIX, (source.name, item.target))


@rule
def imports_from_above(subject: Subject) -> Iterator[Finding]:
    """`from config import …`: the composition root knows the modules, and none of them knows it."""
    for source in subject.sources:
        for item in source.imports:
            top = item.module.partition(".")[0]
            if top in NOT_BELOW and not source.is_test:
                message = f"{item.module} is imported, which stands above the modules"
                yield Finding(source.path, item.line, "import", message, "take from the manifest or the runtime")


@rule
def imports_of_everything(subject: Subject) -> Iterator[Finding]:
    """`from contracts.ink import *` hides what is used of another part."""
    for source in subject.sources:
        for item in source.imports:
            if item.target == f"{item.module}.*" and item.module.partition(".")[0] in ("contracts", "seamline"):
                message = f"everything in {item.module} is imported, so that nobody sees what is used"
                yield Finding(source.path, item.line, "import", message, "import by name what you need")


@rule
def indirect_imports(subject: Subject) -> Iterator[Finding]:
    """An import of something that imports another module, however far away; shown where the border is crossed."""
    graph = subject.project.graph
    package = module_package(subject.module)
    upstream = graph.find_upstream_modules(package, as_package=True)
    for other in sorted({name.split(".")[1] for name in upstream if subject.foreign(name)} & subject.others):
        for chain in sorted(graph.find_shortest_chains(package, module_package(other), as_packages=True)):
            if len(chain) > 2:
                path, line = _place(subject.project, chain[-2], chain[-1])
                message = f"{chain[-2]} imports {chain[-1]}, and {subject.module} reaches it"
                yield Finding(path, line, "import", message, "nothing outside a module may import it", chain)


def _place(project: Project, importer: str, imported: str) -> tuple[str, int]:
    details = project.graph.get_import_details(importer=importer, imported=imported)
    line = details[0]["line_number"] if details else 1
    stem = path_stem(importer)
    path = f"{stem}.py"
    return (path if (project.root / path).is_file() else f"{stem}/__init__.py"), line
