"""Where things lie in a repository, and what they are called there: the one place that says so."""

from pathlib import Path

LAYERS = {"config": "src/config", "modules": "src/modules", "contracts": "contracts", "seamline": "src/seamline"}
"""The packages that a deployable is made of, top to bottom, and their folders."""
RUNTIME = "seamline"
"""The one of them that may be installed instead."""
SOURCE_ROOT = "src"
SOURCE_ROOTS = ("", "src/")
"""Folders that packages are imported from in projects of any layout, as most are."""
SETTINGS = f"{LAYERS['config']}/settings.py"
IDENTITY = f"{LAYERS['config']}/identity.py"
LOCKS = f"{LAYERS['contracts']}/lock"
LANGUAGE_LOCK = f"{LOCKS}/language.json"
LANGUAGE = "seamline.contract"
"""The package of the contract language, in which contract files are written."""
MODULES_PACKAGE = "modules"
CONTRACTS_PACKAGE = "contracts"


def module_folder(module: str) -> str:
    """Name a module's folder, from the root."""
    return f"{LAYERS['modules']}/{module}"


def module_package(module: str, *parts: str) -> str:
    """Name a module's package, or something in it: `modules.parcels.service`."""
    return ".".join((MODULES_PACKAGE, module, *parts))


def contract_file(module: str) -> str:
    """Name the file of a module's contract, from the root."""
    return f"{LAYERS['contracts']}/{module}.py"


def lock_file(name: str) -> str:
    """Name the lock of a contract file, from the root."""
    return f"{LOCKS}/{name}.json"


def owner_of_code(dotted: str) -> str | None:
    """Tell the module that a dotted name is of: `modules.parcels.models` is of `parcels`."""
    return _second(dotted, MODULES_PACKAGE)


def owner_of_contract(dotted: str) -> str | None:
    """Tell the module whose contract file a dotted name is in: `contracts.parcels.Parcel` is of `parcels`."""
    return _second(dotted, CONTRACTS_PACKAGE)


def dotted_name(path: str) -> str:
    """Name a Python file as it is imported: `src/modules/parcels/api.py` is `modules.parcels.api`."""
    parts = path.removeprefix(f"{SOURCE_ROOT}/").removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def path_stem(dotted: str) -> str:
    """Do the reverse, without the suffix."""
    stem = dotted.replace(".", "/")
    return stem if dotted.partition(".")[0] == CONTRACTS_PACKAGE else f"{SOURCE_ROOT}/{stem}"


def find_root(start: Path) -> Path:
    """Find the repository that a folder is in; the folder itself, where it is in none."""
    return next((place for place in (start, *start.parents) if (place / LAYERS["modules"]).is_dir()), start)


def _second(dotted: str, package: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == package else None
