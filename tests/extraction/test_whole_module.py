"""A module that uses all that a module may have, as a service: everything travels, and works there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from extraction.reading.requirements import Lock
from tests import brokers
from tests.client import Client
from tests.extraction.repository_copy import RepositoryCopy
from tests.packaging import production
from tests.processes import Deployable, Yard, environment, on_its_runtime
from tests.waiting import eventually

FOLDER = "src/modules/gadgets"


@pytest.fixture(scope="module")
def service(repository_copy: RepositoryCopy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It was started and asked before it was handed over."""
    into = tmp_path_factory.mktemp("whole") / "service"
    done = repository_copy.extraction("extract", "gadgets", "--into", into)
    assert done.exit_code == 0, done.output
    assert "it starts, and answers" in done.output
    return into


@pytest.fixture(scope="module")
def running(service: Path, the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployable]:
    """The service, with a Celery worker beside it."""
    place = tmp_path_factory.mktemp("running")
    settings = {"MEDIA_ROOT": str(place / "media"), "GADGETS_COLOUR": "blue", "GATEWAY_URL": "http://127.0.0.1:9"}
    with (
        brokers.redis(place) as broker,
        the_yard.deployable("gadgets", service, CELERY_BROKER_URL=broker.start().url, **settings) as deployable,
        brokers.worker(deployable) as worker,
    ):
        deployable.launch().until_ready()
        worker.start()
        yield deployable


@pytest.fixture(scope="module")
def gadget(running: Deployable) -> str:
    """One that was made, with all that is done to it later."""
    client = running.client
    made: str = client.post("/gadgets", {"name": "lamp"}).expect(201)["id"]
    eventually(lambda: client.get(f"/gadgets/{made}").expect(200), lambda it: it["weight"] and it["polished"])
    return made


def test_every_file_of_it_travels(repository_copy: RepositoryCopy, service: Path) -> None:
    def files(root: Path) -> dict[str, bytes]:
        paths = (path for path in (root / FOLDER).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}

    assert files(service) == files(repository_copy.root)


def test_all_that_it_requires_travels_pinned(service: Path) -> None:
    assert "markdown" not in (service / "requirements/base.in").read_text()
    for stem in ("base", "local", "dev"):
        text = (service / f"requirements/{stem}.txt").read_text()
        assert {"markdown-it-py", "mdurl", "pygments"} <= Lock.parse(text).pins.keys()
        assert f"-r {FOLDER}/requirements.in" in text
        assert set(re.findall(r"-r (\S+)", text)) <= {
            f"{FOLDER}/requirements.in",
            *(f"requirements/{name}.in" for name in ("base", "local", "dev")),
        }


def test_its_files_have_a_place_wherever_it_runs(service: Path) -> None:
    for path in ("deploy/kubernetes/media.yaml", "deploy/kubernetes/deployment.yaml", "compose.yaml"):
        assert "media" in str(yaml.safe_load((service / path).read_text()))
    assert "MEDIA_ROOT=/media" in (service / ".env.example").read_text()
    needed = production.settings()
    assert "set MEDIA_ROOT as well: Gadget.manual of gadgets" in production.refusal(service, **needed)
    assert production.refusal(service, **needed, MEDIA_ROOT="/media") == ""


def test_its_tests_pass_there(service: Path, repository_copy: RepositoryCopy) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", FOLDER]
    own = on_its_runtime(service) | {"DATABASE_URL": repository_copy.database_url}
    settings = environment(**own, PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(command, cwd=service, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_its_page_has_what_its_parts_say(running: Deployable, gadget: str) -> None:
    page = running.client.page(f"/gadgets/{gadget}")
    assert page.status == 200, str(page)
    words = re.sub(r"<[^>]+>|\s+", " ", page.text)
    # A filter of its own and one of another application, its setting, what the task did as whom, and two libraries.
    for said in ("LAMP!, the 1st", "It is blue", "weighs 4", "weighed by gadgets", "clever", "HTML", "for everybody"):
        assert said in words


def test_its_middleware_is_around_its_own_views_alone(running: Deployable, gadget: str) -> None:
    assert running.client.page(f"/gadgets/{gadget}").headers["X-Gadget"] == "asked"
    assert "X-Gadget" not in running.client.page("/health/live").headers


def test_its_static_file_is_served(running: Deployable, gadget: str) -> None:
    [sheet] = re.findall(r'href="([^"]+)"', running.client.page(f"/gadgets/{gadget}").text)
    assert running.client.page(sheet).text == "h1 { color: green }\n"


def test_its_file_is_kept_and_served(running: Deployable, gadget: str) -> None:
    answer = running.client.page(f"/gadgets/{gadget}/manual")
    assert answer.text == "How to use a lamp."
    assert "attachment" in answer.headers["Content-Disposition"]
    assert (Path(running.settings["MEDIA_ROOT"]) / "gadgets" / f"{gadget}.txt").is_file()


def test_its_admin_page_is_there(running: Deployable) -> None:
    assert running.client.page("/admin/gadgets/gadget/").status == 302


def test_its_commands_run(running: Deployable, gadget: str, tmp_path: Path) -> None:
    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        settings = environment(**running.settings, STATIC_ROOT=str(tmp_path))
        done = subprocess.run(command, cwd=running.root, env=settings, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert manage("count_gadgets") == "gadgets: 1\n"
    manage("collectstatic", "--no-input", "--ignore", "drf_spectacular_sidecar", "--ignore", "admin")
    assert (tmp_path / "gadgets/gadget.css").is_file()


def test_its_versions_and_facets_are_answered(running: Deployable) -> None:
    client: Client = running.client
    for contract in ("gadgets/v1/gadget", "gadgets/v2/gadget", "gadgets.workshop/v1/makers"):
        # Served, but not to somebody without a service's token.
        assert client.send("POST", f"{running.url}/_contracts/{contract}", b"{}").status == 401
    assert client.send("POST", f"{running.url}/_contracts/gadgets/v3/gadget", b"{}").status in (401, 404)
