"""`python -m extraction`, and the command `extraction` where it is installed."""

import sys


def run(prog_name: str = "extraction") -> None:
    """Run the command line on the runtime that belongs to this tool."""
    from extraction.processes import installation

    sys.path.insert(0, installation.import_path())
    try:
        from extraction.cli import main
    except ModuleNotFoundError as missing:
        sys.exit(f"error: {installation.how_to_install(missing.name or str(missing))}")
    except KeyboardInterrupt:
        sys.exit(130)
    main(prog_name=prog_name)


if __name__ == "__main__":
    run("python -m extraction")
