"""A copy of the small project, under git, with a database of its own on a real server."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.processes import REPOSITORY

PROJECT = REPOSITORY / "tests" / "adopting" / "clinic_project"


@dataclass(frozen=True)
class Clinic:
    """The copy."""

    root: Path
    server: str
    """Address of the server's own database."""
    database: str

    @classmethod
    def make(cls, root: Path, server: str = "", database: str = "clinic") -> "Clinic":
        """Copy the project, and commit it."""
        shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("__pycache__"))
        clinic = cls(root, server, database)
        clinic.git("init", "-q")
        clinic.commit()
        return clinic

    def git(self, *arguments: str) -> str:
        """Run git in it."""
        who = ("-c", "user.name=Clinic", "-c", "user.email=clinic@example.com")
        done = subprocess.run(
            ["git", "-C", str(self.root), *who, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        """Commit what is there."""
        self.git("add", "-A")
        self.git("commit", "-qm", "a stage")

    def adopt(self, label: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Take an app to its next stage."""
        return self.run("-m", "extraction", "adopt", label, "--root", str(self.root), *options, cwd=REPOSITORY)

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run its manage.py."""
        return self.run("manage.py", *arguments, cwd=self.root, **environment)

    def run(self, *command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python with its settings."""
        found = conninfo_to_dict(self.server) if self.server else {}
        own = {
            "PGHOST": str(found.get("host", "")),
            "PGPORT": str(found.get("port", "5432")),
            "PGUSER": str(found.get("user", "postgres")),
            "PGPASSWORD": str(found.get("password", "")),
            "PGDATABASE": self.database,
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return subprocess.run(
            [sys.executable, *command],
            cwd=cwd,
            env=kept | own | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def address(self, database: str) -> str:
        """Return the address of one of its databases."""
        found = conninfo_to_dict(self.server)
        host, port = str(found.get("host", "")), found.get("port", "5432")
        user, password = found.get("user", "postgres"), found.get("password", "")
        return f"postgresql://{user}:{password}@/{database}?host={host}&port={port}"

    def query(self, statement: str, database: str = "") -> list[tuple[object, ...]]:
        """Ask a database."""
        with psycopg.connect(make_conninfo(self.server, dbname=database or self.database), autocommit=True) as opened:
            cursor = opened.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file by hand."""
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new))
