"""Run one of PostgreSQL's programs against the embedded server of a folder, which is started for it.

python -m seamline.development.programs var/postgres pg_dumpall --file=databases.sql
"""

import os
import subprocess
import sys
from pathlib import Path

from seamline.development.embedded_postgres import PORT, SUPERUSER, EmbeddedPostgres, EmbeddedPostgresError, binaries

USAGE = "usage: python -m seamline.development.programs FOLDER PROGRAM [ARGUMENT…]"


def main(folder: str, program: str, *arguments: str) -> int:
    """Run it as the superuser; gives its exit status."""
    try:
        with EmbeddedPostgres(Path(folder)).running() as server:
            login = {"PGHOST": str(server.socket_folder), "PGPORT": str(PORT), "PGUSER": SUPERUSER}
            return subprocess.run([binaries() / program, *arguments], env=os.environ | login).returncode
    except EmbeddedPostgresError as error:
        print(f"error: {error}", file=sys.stderr)
    except FileNotFoundError:
        print(f"error: PostgreSQL has no program {program}\n{USAGE}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
