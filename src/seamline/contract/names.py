"""Names that follow from the names of classes."""

import re

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Write a class's name as a variable's: `OutOfStock` is `out_of_stock`."""
    return _BETWEEN_WORDS.sub("_", name).lower()


def handler_of(event: str) -> str:
    """Name the function that handles events of a class: `ParcelSent` is handled by `on_parcel_sent`."""
    return f"on_{snake_case(event)}"


_packages = {"contracts"}
"""Those whose parts bear the names of modules."""


def add_modules_package(package: str) -> None:
    """Begin the errors of the modules in a package with the module's name."""
    _packages.add(package)


def domain_of(python_path: str) -> str:
    """Return the first word of the codes of a file's errors: `contracts.parcels` is `parcels`."""
    for package in _packages:
        if python_path.startswith(f"{package}."):
            return python_path.removeprefix(f"{package}.").partition(".")[0]
    root, *inner = python_path.split(".")
    if root != "seamline" or not inner:
        return root
    return "call" if inner[0] in ("contract", "calls") else inner[0]
