"""A setting that will not do is told in one line, by whatever is started, before anything is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import contracts
from seamline.configuration import values
from tests.packaging import production
from tests.processes import environment, free_port
from tests.system.place import lay_out

NONSENSE = {
    "MODULES": ["nonsense", "parcels,nonsense"],
    "PARCELS_URL": ["nonsense", "ftp://x", "http://", "http://x:99999", "http://x:0", "http://x:y", "http://a b"],
    "SERVICE_NAME": ["My system", "x;y"],
    "DATABASE_PREFIX": ["x;y", "1st"],
    "GATEWAY_URL": ["nonsense", "http://x:99999"],
    "DATABASE_URL": ["nonsense", "sqlite:///x", "postgresql://x:99999/y", "postgresql://[x/y"],
    "PARCELS_DATABASE_URL": ["nonsense", "mysql://x/y"],
    "LOG_LEVEL": ["nonsense"],
    "LOG_READABLE": ["nonsense"],
    "GUNICORN_LOG_LEVEL": ["nonsense"],
    "REQUEST_TIMEOUT": ["nonsense", "nan", "inf", "0", "-1", "86401"],
    "CALL_MAX_ATTEMPTS": ["0", "6", "1" * 5000],
    "CALL_CONNECT_TIMEOUT": ["0"],
    "HOST": ["bad host", "127.0.0.1:8000", "256.0.0.1"],
    "PORT": ["http", "0", "65536"],
    "MAX_REQUEST_BYTES": ["64M", "0"],
    "TRUSTED_PROXIES": ["nonsense", "10.0.0.1/8", "*", "10.0.0.0/33"],
    "WEB_THREADS": ["0", "1.5"],
    "PROMETHEUS_MULTIPROC_DIR": ["nowhere"],
    "NOTES_ACCESS_MINUTES": ["nonsense", "0", "1" * 5000],
    "CELERY_BROKER_URL": ["nonsense", "http://x", "redis://x:99999"],
}
SECRET = {
    "JWT_PRIVATE_KEY": "nonsense",
    "JWT_PUBLIC_KEYS": f"{production.public_key()} and more",
    "SERVICE_PRIVATE_KEY": "nonsense",
    "DATABASE_URL": "mysql://somebody:nonsense@x/y",
    "PARCELS_DATABASE_URL": "postgresql://x:y/z?password=nonsense",
    "PARCELS_URL": "http://somebody:nonsense@x:99999",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is served, in which nothing was made yet."""
    return lay_out(tmp_path_factory.mktemp("home"))


def refusal(home: Path, *command: str, **settings: str) -> str:
    """The one line that a process ends with; nothing may have been made."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=home,
        env=environment(**settings) | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert not (home / "var").exists()
    return done.stderr


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, given in NONSENSE.items() for value in given])
def test_it_is_told_with_what_it_has_to_be(name: str, value: str, home: Path) -> None:
    assert refusal(home, "manage.py", "check", **{name: value}).startswith(f"error: {name} is {value!r}: it has to be ")


def test_a_module_that_is_misspelt_is_not_taken_for_somebody_elses_setting(home: Path) -> None:
    said = refusal(home, "manage.py", "check", PARCLES_URL="http://127.0.0.1:8001")
    assert "did you mean PARCELS_URL?" in said


def test_a_contract_file_of_types_alone_is_no_module() -> None:
    url = "http://127.0.0.1:8001"
    assert values.module_urls({"MEASURES_URL": url, "PARCELS_URL": url}, values.module_names((), contracts)) == {
        "parcels": url
    }


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_not_shown(name: str, home: Path) -> None:
    said = refusal(home, "manage.py", "check", **{name: SECRET[name]})
    assert said.startswith(f"error: {name} is '…': it has to be ")
    assert "nonsense" not in said


@pytest.mark.parametrize("command", ["help", "migrate_all", "serve", "shell"])
def test_every_command_tells_before_it_starts(command: str, home: Path) -> None:
    assert "MODULES is 'nonsense'" in refusal(home, "manage.py", command, MODULES="nonsense")


@pytest.mark.parametrize("settings", [{"PORT": "http"}, {"NOTES_REFRESH_DAYS": "nonsense"}])
def test_gunicorn_tells_it_too(settings: dict[str, str], home: Path) -> None:
    served = ("--config", "python:seamline.runtime.gunicorn_conf", "seamline.runtime.wsgi:application")
    command = ("-m", "gunicorn", *served)
    port = {"PORT": str(free_port()), "PYTHONPATH": f"src{os.pathsep}."}
    assert f"{next(iter(settings))} is" in refusal(home, *command, **port | settings)


def test_a_manifest_that_is_missing_is_told(home: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(home, tmp_path / "copy")
    (copy / "src/modules/empty").mkdir()
    (copy / "src/modules/empty/__init__.py").touch()
    assert "error: src/modules/empty/module.py: declare MODULE" in refusal(copy, "manage.py", "check")


def test_a_mistake_in_a_manifest_keeps_its_traceback(home: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(home, tmp_path / "copy")
    (copy / "src/modules/broken").mkdir()
    (copy / "src/modules/broken/__init__.py").touch()
    (copy / "src/modules/broken/module.py").write_text("import contracts.nobody\n")
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=copy, env=environment(), capture_output=True)
    assert b"modules/broken/module.py" in done.stderr
    assert b"No module named 'contracts.nobody'" in done.stderr
