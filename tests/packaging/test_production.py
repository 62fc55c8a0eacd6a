"""Production starts with what it has to be told, refuses to start without, and .env.example names all of it."""

import re

import pytest
from django.conf import settings as development

from tests.packaging import production
from tests.processes import REPOSITORY

EXAMPLE = REPOSITORY / ".env.example"
NEEDED = sorted(production.settings().keys() - {"ENVIRONMENT"})


def test_it_starts_with_what_has_to_be_set() -> None:
    assert production.refusal(**production.settings()) == ""


def test_passwords_cost_as_much_to_guess_as_django_thinks_right() -> None:
    hashers = "PASSWORD_HASHERS = ['django.contrib.auth.hashers.ScryptPasswordHasher']"
    assert hashers in production.told(**production.settings())


@pytest.mark.parametrize("name", NEEDED)
def test_it_refuses_to_start_without(name: str) -> None:
    expected = "JWT_PRIVATE_KEY or JWT_PUBLIC_KEYS" if name == "JWT_PRIVATE_KEY" else name
    assert f"set {expected} as well" in production.refusal(**production.settings() | {name: ""})


def test_it_says_at_once_all_that_is_missing() -> None:
    said = production.refusal(ENVIRONMENT="production")
    assert all(name in said for name in production.settings())


def test_it_cannot_issue_tokens_with_a_public_key_only() -> None:
    only_public = {"JWT_PRIVATE_KEY": "", "JWT_PUBLIC_KEYS": production.public_key()}
    assert "JWT_PRIVATE_KEY is ''" in production.refusal(**production.settings() | only_public)


@pytest.mark.parametrize("name", ["SECRET_KEY", "SERVICE_KEYS"])
def test_it_refuses_what_development_uses(name: str) -> None:
    [(key_id, key), *_] = development.SERVICE_KEYS.items()
    fixed = {"SECRET_KEY": development.SECRET_KEY, "SERVICE_KEYS": f"{key_id}:{key}"}[name]
    assert f"{name} is '…'" in production.refusal(**production.settings() | {name: fixed})


@pytest.mark.parametrize(("name", "short"), [("SECRET_KEY", "x" * 31), ("SERVICE_KEYS", "one:" + "x" * 31)])
def test_it_refuses_a_secret_that_could_be_guessed(name: str, short: str) -> None:
    assert f"{name} is '…'" in production.refusal(**production.settings() | {name: short})


def test_it_refuses_the_value_that_development_has() -> None:
    for name, setting in production.module_settings().items():
        if setting.required and setting.secret:
            assert f"{name} is" in production.refusal(**production.settings() | {name: setting.development})


def test_it_takes_no_payments_by_a_provider_that_nobody_named() -> None:
    assert "set PAYMENTS_PROVIDERS" in production.refusal(**production.settings() | {"PAYMENTS_PROVIDERS": ""})
    assert "PAYMENTS_PROVIDERS is 'stripe'" in production.refusal(
        **production.settings() | {"PAYMENTS_PROVIDERS": "stripe"}
    )
    assert production.refusal(**production.settings() | {"PAYMENTS_PROVIDERS": "sandbox"}) == ""


def test_it_refuses_the_example_as_it_stands() -> None:
    assert "set SECRET_KEY" in production.refusal(**example())


def test_the_example_names_every_variable() -> None:
    assert {*production.variables_read()} <= example().keys()


def test_what_the_example_has_of_modules_are_the_values_that_serve_where_none_is_set() -> None:
    # It need not have all of them: a module is added without a list being edited.
    given = example()
    for name, setting in production.module_settings().items():
        assert given.get(name) in (None, "" if setting.required else setting.development), name


def test_the_example_sets_nothing() -> None:
    assert not re.findall(r"(?m)^[^#\n].*", EXAMPLE.read_text())


def example() -> dict[str, str]:
    """The example's variables, as if they were not commented out."""
    return dict(re.findall(r"(?m)^#([A-Z_]+)=(.*)$", EXAMPLE.read_text()))
