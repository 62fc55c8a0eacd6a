"""Monoliths of any number of modules: copies of `catalog` under other names, each of which calls the one before."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.lab import copied

PATTERN = "catalog"
_MANIFEST = """from contracts.{name} import {title}
{imports}from seamline.module import Module

MODULE = Module(name="{name}", summary="Products and their prices.", serves=({title},), calls=({calls}))
"""
_CALL = """

def elsewhere(sku: Sku) -> {title}Product:
    \"\"\"The same product of the module before.\"\"\"
    return call({title}).product(sku)
"""


def monolith(into: Path, count: int) -> Path:
    """The repository with `count` modules instead of its own."""
    root = copied(into)
    contract = (root / "contracts" / f"{PATTERN}.py").read_text()
    pattern = into.with_name(f"{into.name}-pattern")
    (root / "src" / "modules" / PATTERN).rename(pattern)
    for folder in [path.parent for path in root.glob("src/modules/*/module.py")]:
        shutil.rmtree(folder)
        (root / "contracts" / f"{folder.name}.py").unlink()
    (root / "contracts" / f"{PATTERN}.py").unlink()
    for rules in root.glob("src/config/audits/[!_]*.py"):
        rules.unlink()  # of the modules that are gone
    for number in range(count):
        name, before = f"m{number:03}", f"m{number - 1:03}" if number else None
        (root / "contracts" / f"{name}.py").write_text(renamed(contract, name))
        module(pattern, root / "src" / "modules" / name, before)
    # Under another name an import may have another place in its order.
    subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "I", "--fix", "--quiet", "."], cwd=root, check=True
    )
    return root


def module(pattern: Path, folder: Path, before: str | None) -> None:
    """One module, which calls the one before it, if there is one."""
    name = folder.name
    shutil.copytree(pattern, folder)
    for path in folder.rglob("*.py"):
        path.write_text(renamed(path.read_text(), name))
    imports = f"from contracts.{before} import {before.title()}\n" if before else ""
    calls = f"{before.title()}," if before else ""
    manifest = _MANIFEST.format(name=name, title=name.title(), imports=imports, calls=calls)
    (folder / "module.py").write_text(manifest)
    if before:
        queries = folder / "queries.py"
        imports += (
            f"from contracts.{before} import Product as {before.title()}Product\nfrom seamline.calls import call\n"
        )
        queries.write_text(imports + queries.read_text() + _CALL.format(title=before.title()))


def renamed(text: str, name: str) -> str:
    """Python of the pattern, as another module's."""
    text = re.sub(rf"\b{PATTERN.title()}", name.title(), text)
    return re.sub(rf"\b{PATTERN}(?=\b|_)", name, text)
