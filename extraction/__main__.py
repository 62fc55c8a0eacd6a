"""`python -m extraction`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # As in manage.py: the runtime is in src/.
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
    try:
        from extraction.cli import main
    except ModuleNotFoundError as missing:
        sys.exit(f"error: {missing.name} is not installed here: `make lint` installs requirements/dev.txt into .venv")
    except KeyboardInterrupt:
        sys.exit(130)
    main(prog_name="python -m extraction")
