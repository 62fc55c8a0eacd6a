"""The project that was there before, in a folder and a database of its own, and who asks it."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import urllib3
from psycopg.conninfo import conninfo_to_dict

from conftest import GIVEN
from tests.processes import REPOSITORY, answers, environment, free_port
from tests.waiting import eventually

PROJECT = Path(__file__).with_name("clinic_project")
SERVERS = {
    "runserver": ["manage.py", "runserver", "--noreload"],
    "gunicorn": ["-m", "gunicorn", "clinic.wsgi", "--threads", "2", "--bind"],
}


class Clinic:
    """The project in a folder of its own, with a database that its login owns."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("__pycache__"))
        self.root = root
        self.name = f"clinic_{os.getpid()}_{secrets.token_hex(3)}"
        given = conninfo_to_dict(GIVEN)
        self.environment = environment(
            PYTHONPATH=f"{root}{os.pathsep}{REPOSITORY / 'src'}",
            DATABASE_PREFIX=self.name,
            CLINIC_DB_NAME=self.name,
            CLINIC_DB_USER=self.name,
            CLINIC_DB_PASSWORD="clinic",
            CLINIC_DB_HOST=str(given.get("host", "")),
            CLINIC_DB_PORT=str(given.get("port", "")),
        )

    def manage(self, *arguments: str, **settings: str) -> str:
        done = self.run(*arguments, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def run(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *arguments]
        env = self.environment | settings
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True)

    @contextmanager
    def serving(self, server: str) -> Iterator["Browser"]:
        port = free_port()
        log = self.root / f"{server}.log"
        command = [sys.executable, *SERVERS[server], f"127.0.0.1:{port}"]
        with log.open("ab") as out:
            process = subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=out, stderr=out)
        try:
            eventually(lambda: answers(port) or process.poll() is not None, bool)
            assert process.poll() is None, log.read_text()
            yield Browser(f"http://127.0.0.1:{port}", log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def query(self, statement: str, user: str | None = None, password: str = "") -> list[tuple[Any, ...]]:
        login = {"user": user, "password": password} if user else {}
        with psycopg.connect(GIVEN, dbname=self.name, autocommit=True, **login) as connection:
            return connection.execute(statement).fetchall()


class Browser:
    """Keeps cookies."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log, self.cookies = url, log, dict[str, str]()

    def ask(self, method: str, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST" and "csrftoken" in self.cookies:
            fields["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
        response = urllib3.request(method, self.url + path, fields=fields, headers=headers, redirect=False, timeout=60)
        for cookie in response.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response

    def log_in(self, name: str) -> None:
        self.ask("GET", "/login/")
        assert self.ask("POST", "/login/", username=name, password="secret").status == 302
