"""The reference: pages that are written from what the code declares, and so are never out of date.

They are built and not committed: nobody edits them, and what they are written from is reviewed where it stands.
"""

from pathlib import Path

from docs.site.reference import commands, contracts, errors, logs, metrics, settings
from docs.site.reference.declared import Incomplete as Incomplete

PAGES = {
    "settings": ("Settings", settings.page),
    "commands": ("Commands", commands.page),
    "metrics": ("Metrics", metrics.page),
    "logs": ("Log events", logs.page),
    "contracts": ("Contracts", contracts.page),
    "errors": ("Errors", errors.page),
}


def write(folder: Path) -> dict[str, str]:
    """Write the pages into a folder, and return their titles by their names.

    Raises `Incomplete` for something that is declared and described nowhere.
    """
    folder.mkdir(parents=True)
    for name, (title, page) in PAGES.items():
        (folder / f"{name}.md").write_text(f"# {title}\n\n{page().strip()}\n")
    return {name: title for name, (title, _) in PAGES.items()}
