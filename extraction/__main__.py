"""`python -m extraction`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # As in manage.py: the kernel is in src/.
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
    from extraction.cli import main

    main(prog_name="python -m extraction")
