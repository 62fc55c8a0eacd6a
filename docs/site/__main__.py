"""Write what the site is built from: the pages as Sphinx reads them, and the reference, made from the code.

PYTHONPATH=.:src python -m docs.site var/docs/source
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import django

from docs.site import sources


def main() -> None:
    """Write the sources into a folder, of which nothing stays that was there before."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the sources are written")
    parser.add_argument("--repository", default="", help="base URL of the files of the repository, for links to code")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from docs.site import reference  # what it reads asks for settings as soon as it is imported

    shutil.rmtree(given.folder, ignore_errors=True)
    try:
        pages = reference.write(given.folder / "reference")
        sources.write(given.folder, pages, given.repository.rstrip("/"))
    except (reference.Incomplete, sources.Misplaced) as wrong:
        sys.exit(f"error: {wrong}")


if __name__ == "__main__":
    main()
