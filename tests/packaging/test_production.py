"""Production starts with what it has to be told, refuses to start without, and .env.example names all of it."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as development
from django.core import checks

from seamline.configuration.passwords import PasswordHasher
from seamline.configuration.service_keys import development_key, public_text
from tests.packaging import production
from tests.processes import REPOSITORY

EXAMPLE = REPOSITORY / ".env.example"
NEEDED = sorted(production.settings().keys() - {"ENVIRONMENT"})


def test_it_starts_with_what_has_to_be_set() -> None:
    assert production.refusal(**production.settings()) == ""


def test_passwords_cost_as_much_to_guess_as_owasp_thinks_right() -> None:
    assert "PASSWORD_HASHERS = ['seamline.configuration.passwords.PasswordHasher'," in (
        production.told(**production.settings())
    )
    stored = PasswordHasher().encode("password", "sixteen letters!")
    assert stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


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


@pytest.mark.parametrize("name", ["SECRET_KEY", "SERVICE_PRIVATE_KEY"])
def test_it_refuses_what_development_uses(name: str) -> None:
    fixed = {"SECRET_KEY": development.SECRET_KEY, "SERVICE_PRIVATE_KEY": production.pem(development_key("seam"))}
    assert f"{name} is '…'" in production.refusal(**production.settings() | {name: fixed[name]})


def test_it_refuses_a_peer_with_the_key_that_development_gives_it() -> None:
    key = public_text(development_key("ink-service").public_key())
    said = production.refusal(**production.settings() | {"SERVICE_PEERS": f"ink-service=ink@{key}"})
    assert "SERVICE_PEERS has development's key for ink-service" in said


@pytest.mark.parametrize(
    "peers", ["ink-service=ink", "ink-service@https://ink", "=ink@https://ink", "a=b@no-key", "a=b@ftp://c", "a=b@"]
)
def test_it_refuses_a_peer_without_modules_or_keys(peers: str) -> None:
    assert "SERVICE_PEERS is" in production.refusal(**production.settings() | {"SERVICE_PEERS": peers})


def test_its_key_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    named = production.settings() | {"SERVICE_PRIVATE_KEY": "", "SERVICE_PRIVATE_KEY_FILE": str(file)}
    assert "SERVICE_PRIVATE_KEY_FILE is" in production.refusal(**named)
    file.write_text(production.pem(Ed25519PrivateKey.generate()).replace(r"\n", "\n"))
    assert production.refusal(**named) == ""


@pytest.mark.parametrize(("name", "short"), [("SECRET_KEY", "x" * 31), ("SERVICE_KEYS", "one:" + "x" * 31)])
def test_it_refuses_a_secret_that_could_be_guessed(name: str, short: str) -> None:
    given = {"SERVICE_KEYS_MODE": "accept", name: short}
    assert f"{name} is '…'" in production.refusal(**production.settings() | given)


def test_it_refuses_a_secret_of_a_module_that_could_be_guessed() -> None:
    for name, setting in production.module_settings().items():
        if setting.required and setting.secret:
            assert f"{name} is '…'" in production.refusal(**production.settings() | {name: "x" * 15})


def test_it_refuses_the_value_that_development_has() -> None:
    for name, setting in production.module_settings().items():
        if setting.required and setting.secret:
            assert f"{name} is" in production.refusal(**production.settings() | {name: setting.development})


def test_a_check_before_deployment_warns_where_no_proxy_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def warnings() -> list[str]:
        return [str(found.id) for found in checks.run_checks(tags=["seamline"], include_deployment_checks=True)]

    assert warnings() == ["seamline.W001"]
    monkeypatch.setattr(development, "TRUSTED_PROXIES", (ip_network("10.0.0.5"),))
    assert warnings() == []


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
