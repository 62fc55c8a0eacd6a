"""`extraction startmodule`: what it writes is a module like the others, and what it refuses leaves nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project
from extraction.writing import names, new_module, plan
from extraction.writing.new_module import NewModule
from tests.extraction.repository_copy import RepositoryCopy
from tests.processes import REPOSITORY

MADE = ["contracts/reviews.py", "contracts/lock/reviews.json", "src/modules/reviews"]
NOUNS = {
    "gift_cards": "gift_card",
    "categories": "category",
    "boxes": "box",
    "addresses": "address",
    "courses": "course",
    "status": "status_item",
    "shipping": "shipping_item",
}
REFUSED = {
    "orders": "there is src/modules/orders",
    "language": "there is contracts/lock/language.json",
    "sessions": "the label of the Django application django.contrib.sessions",
    "calendar": "Python's standard library",
    "structlog": "a Python package of that name is installed",
    "seamline": "a Python package of that name is installed",
    "default": "DEFAULT_URL is a setting that means something else",
    "orders_database": "ORDERS_DATABASE_URL is a setting that means something else",
    "products": "/api/v1/products is answered by modules.catalog.api",
    "events": "Event would mean two things in contracts/events.py",
    "commands": "command would mean two things in contracts/commands.py",
    "Reviews": "lower-case words",
    "gift-cards": "lower-case words",
    "gift__cards": "lower-case words",
    "class": "class is a keyword of Python",
    "return": "return is a keyword of Python",
    "none": "None is a keyword of Python",
    "classes": "class is a keyword of Python, which what one of its things is called (--noun) cannot be",
    "self": "Python means something else by it, which a module's name would hide",
    "match": "Python means something else by it",
    "list": "Python means something else by it",
    "properties": "'property' will not do: Python means something else by it, which what one of its things is called",
    "../reviews": "lower-case words",
    "": "lower-case words",
    "something_about_many_things": "24 characters at most",
}


def test_it_says_what_it_wrote_and_what_comes_next(repository_copy: RepositoryCopy) -> None:
    done = repository_copy.started
    assert (done.returncode, done.stderr) == (0, "")
    wrote, following = done.stdout.split("\n\nNext:\n")
    paths = [line.removeprefix("wrote ") for line in wrote.splitlines()]
    assert all((repository_copy.root / path).is_file() for path in paths)
    assert all(path.startswith(tuple(MADE)) for path in paths)
    assert [line.split("  # ")[0].strip() for line in following.splitlines()] == [
        "make run",
        "make test ARGS=src/modules/reviews",
        "make extract MODULE=reviews INTO=../reviews-service",
    ]


@pytest.mark.nightly
def test_it_passes_make_lint(repository_copy: RepositoryCopy, tmp_path: Path) -> None:
    done = repository_copy.make("lint", tmp_path / "venv")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_passes_its_tests(repository_copy: RepositoryCopy) -> None:
    modules = (f"src/modules/{name}" for name in ("gadgets", "reviews"))
    done = repository_copy.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *modules)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_migration_makes_its_tables(repository_copy: RepositoryCopy) -> None:
    done = repository_copy.manage("makemigrations", "--check", "--dry-run", "reviews", "gadgets")
    assert done.returncode == 0, done.stdout


def test_it_is_in_the_documentation(repository_copy: RepositoryCopy, tmp_path: Path) -> None:
    done = repository_copy.manage("spectacular", "--format", "openapi-json", "--file", str(tmp_path / "schema.json"))
    assert done.returncode == 0, done.stderr
    schema: dict[str, Any] = json.loads((tmp_path / "schema.json").read_text())
    assert {name: list(schema["paths"][f"/api/v1/{name}"]) for name in ("reviews", "reviews/{review_id}")} == {
        "reviews": ["get", "post"],
        "reviews/{review_id}": ["get"],
    }
    assert {"name": "reviews", "description": "Reviews."} in schema["tags"]


def test_it_can_leave_at_once(repository_copy: RepositoryCopy, tmp_path: Path) -> None:
    done = repository_copy.extraction("extract", "reviews", "--into", tmp_path / "service", "--no-verify")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "service/src/modules/reviews/service.py").is_file()
    assert "a draft; once the service runs, it has to stay as it is" in done.output


def test_its_first_edits_break_nobody(repository_copy: RepositoryCopy) -> None:
    contract, lock = (repository_copy.root / path for path in ("contracts/reviews.py", "contracts/lock/reviews.json"))
    before, locked = contract.read_text(), lock.read_text()
    contract.write_text(before.replace("max_length=120", "max_length=20").replace("title: str", "heading: str"))
    try:
        done = repository_copy.extraction("compat", "--update")
        assert done.exit_code == 0, done.output
        assert "compatible [argument-narrowed]" in done.output
        assert "drafts, which nobody runs yet: reviews" in done.output
    finally:
        contract.write_text(before)
        lock.write_text(locked)


def test_a_service_has_nothing_of_it() -> None:
    paths = [file.path for file in plan.plan(Project.at(REPOSITORY), "catalog").files]
    assert not [path for path in paths if "startmodule" in path or path.endswith(".jinja")]


def test_deleting_its_three_places_leaves_nothing(repository_copy: RepositoryCopy) -> None:
    before = repository_copy.git("status", "--porcelain", "--untracked-files=all")
    assert repository_copy.startmodule("gift_cards").returncode == 0
    made = set(repository_copy.git("status", "--porcelain").splitlines()) - set(before.splitlines())
    assert "?? src/modules/gift_cards/" in made
    for place in MADE:
        gone = repository_copy.root / place.replace("reviews", "gift_cards")
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert repository_copy.git("status", "--porcelain", "--untracked-files=all") == before


def planned(name: str, noun: str | None = None) -> NewModule:
    """What the command would write here."""
    chosen = names.choose_names(name, noun, REPOSITORY)
    names.refuse_taken(chosen, names.ask_deployable(chosen, REPOSITORY))
    return new_module.plan(chosen, REPOSITORY)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_will_not_do_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        planned(name)
    assert REFUSED[name] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("noun", "says"),
    [("product", "there is a Product in contracts.catalog"), ("reviews", "both"), ("an_uncommonly_long_noun", "18")],
)
def test_a_noun_that_will_not_do_is_refused(noun: str, says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        planned("reviews", noun)


@pytest.mark.parametrize("name", NOUNS)
def test_the_noun_is_guessed(name: str) -> None:
    assert names.singular(name) == NOUNS[name]


def test_what_is_refused_ends_with_one_line_and_nothing_written(repository_copy: RepositoryCopy) -> None:
    before = repository_copy.git("status", "--porcelain", "--untracked-files=all")
    done = repository_copy.startmodule("orders")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: 'orders' is taken: there is src/modules/orders\n"
    assert repository_copy.git("status", "--porcelain", "--untracked-files=all") == before


def test_what_git_leaves_of_a_module_is_not_in_the_way(tmp_path: Path) -> None:
    compiled = tmp_path / "src/modules/reviews/migrations/__pycache__/0001_initial.cpython-313.pyc"
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    (tmp_path / "contracts/lock").mkdir(parents=True)
    new_module.write(new_module.plan(names.choose_names("reviews", None, tmp_path), REPOSITORY), tmp_path)
    assert (tmp_path / "src/modules/reviews/module.py").exists()
    assert not compiled.exists()
    with pytest.raises(InvalidArgument, match="there is src/modules/reviews"):
        names.choose_names("reviews", None, tmp_path)


def test_what_cannot_be_finished_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(path: Path, target: Path) -> Path:
        if target.name == "reviews":
            raise OSError(28, "No space left on device")
        return renamed(path, target)

    renamed = Path.rename
    for folder in ("contracts/lock", "src/modules"):
        (tmp_path / folder).mkdir(parents=True)
    new = new_module.plan(names.choose_names("reviews", None, tmp_path), REPOSITORY)
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="No space"):
        new_module.write(new, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() or path.name.startswith(".")]


@pytest.mark.parametrize(
    ("name", "noun"),
    [("aa", "zz"), ("zebras", "apple"), ("zzzzzzzzzzzzzzzzzzzzzzzz", "wwwwwwwwwwwwwwwwww"), ("kangaroos", None)],
)
def test_it_is_formatted_whatever_it_is_called(name: str, noun: str | None, tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for path, text in new_module.plan(names.choose_names(name, noun, REPOSITORY), REPOSITORY).files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_help_has_an_example(repository_copy: RepositoryCopy) -> None:
    said = " ".join(repository_copy.startmodule("-h").stdout.split())
    assert "Example: python -m extraction startmodule gift_cards" in said
