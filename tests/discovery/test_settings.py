"""What the settings say of a registry: what is refused, what is read, and that nothing runs without them."""

import ast
import datetime
import ipaddress
import subprocess
import sys
from pathlib import Path

import environ
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured

from seamline import discovery
from seamline.configuration import discovery as configuration
from seamline.configuration.discovery import Discovery
from seamline.configuration.policies import CallPolicy
from seamline.discovery.directory import connect
from seamline.discovery.registry import Unreachable
from seamline.transport.http_pool import ConnectionPool
from tests.discovery.etcd_server import etcd
from tests.processes import REPOSITORY

ETCD = "etcd://one:2379,two"


def read(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Discovery | None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return configuration.discovery(environ.Env())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"DISCOVERY_URL": "zookeeper://one:2181"}, "DISCOVERY_URL is 'zookeeper://one:2181': it has to be etcd://"),
        ({"DISCOVERY_URL": "etcd://"}, "DISCOVERY_URL is 'etcd://'"),
        ({"DISCOVERY_URL": "etcd://one:port"}, "DISCOVERY_URL is 'etcd://one:port'"),
        ({"DISCOVERY_URL": "etcd://user:hush@one:0x"}, "DISCOVERY_URL is '…'"),
        ({"DISCOVERY_URL": "etcd://one?region=x"}, "without the option 'region'; etcd has ca, cert, key"),
        ({"DISCOVERY_URL": "etcds://one?ca=/nowhere/ca.pem"}, "'/nowhere/ca.pem': it has to be a file"),
        ({"DISCOVERY_URL": "dns://shop.test?scheme=ftp"}, "scheme is 'ftp': it has to be http or https"),
        ({"DISCOVERY_URL": "dns://shop.test?server=ns:x"}, "server is 'ns:x': it has to be an IP address"),
        ({"DISCOVERY_URL": "dns://shop.test", "DISCOVERY_ADDRESS": "http://one:8000"}, "DNS takes no registrations"),
        ({"DISCOVERY_URL": ETCD, "DISCOVERY_ADDRESS": "one:8000"}, "DISCOVERY_ADDRESS is 'one:8000'"),
        ({"DISCOVERY_URL": ETCD, "DISCOVERY_TTL": "1"}, "DISCOVERY_TTL is '1': it has to be a number from 3 to 300"),
        ({"DISCOVERY_ADDRESS": "http://one:8000"}, "DISCOVERY_ADDRESS is set, and DISCOVERY_URL is not"),
    ],
)
def test_nonsense_is_told(settings: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="(?s)" + says.replace("?", r"\?")) as refused:
        read(monkeypatch, **settings)
    assert "hush" not in str(refused.value)


def test_a_registry_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, DISCOVERY_URL="etcds://us%40er:p%3Aw@one,two:1/shop", DISCOVERY_ADDRESS="http://me:8000/")
    assert found == Discovery(
        "etcd", (("one", 2379), ("two", 1)), True, "us@er", "p:w", "shop", {}, address="http://me:8000"
    )
    assert found.public_url == "etcds://one:2379,two:1" and "p:w" not in repr(found)


def test_a_place_is_one_address_or_more_or_a_service() -> None:
    found = Discovery("etcd", (("one", 2379),))
    for given, place in (
        ("http://a:1/", "http://a:1"),
        ("http://a:1, http://b:2", "http://a:1,http://b:2"),
        ("discovery://depots-service", "discovery://depots-service"),
    ):
        assert configuration.place("DEPOTS_URL", given, found) == place
    for given, says in (("discovery://no one", "the SERVICE_NAME"), ("http://a:1,b:2", "a base URL")):
        with pytest.raises(ImproperlyConfigured, match=says):
            configuration.place("DEPOTS_URL", given, found)
    with pytest.raises(ImproperlyConfigured, match="set DISCOVERY_URL"):
        configuration.place("DEPOTS_URL", "discovery://depots-service", None)


def test_without_a_registry_nothing_of_it_is_there() -> None:
    assert isinstance(discovery.connections("http://127.0.0.1:8001", CallPolicy()), ConnectionPool)
    loaded = "import sys, config.settings, seamline.runtime.background as b; print([*sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {loaded}"],
        cwd=REPOSITORY,
        env={"PYTHONPATH": ".:src", "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "postgresql://x/x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "seamline.discovery.directory" in done.stdout
    for library in ("etcd3gw", "dns", "seamline.discovery.etcd", "seamline.discovery.consul"):
        assert f"'{library}'" not in done.stdout


def test_etcd_may_want_tls_and_a_log_in(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    with etcd(tmp_path, certificate, key) as server:
        base = f"https://127.0.0.1:{server.port}/v3"
        for path, body in (
            ("/auth/user/add", {"name": "root", "password": "hush"}),
            ("/auth/user/grant", {"user": "root", "role": "root"}),
            ("/auth/enable", {}),
        ):
            requests.post(base + path, json=body, timeout=30, verify=str(certificate)).raise_for_status()
        at = ("etcd", (("127.0.0.1", server.port),), True)
        known = connect(Discovery(*at, "root", "hush", options={"ca": str(certificate)}))
        known.register("depots-service", "one", "http://one:8000", 5)
        assert known.resolve("depots-service").addresses == ("http://one:8000",)
        for refused in (
            Discovery(*at, "root", "hush"),
            Discovery(*at, "root", "guessed", options={"ca": str(certificate)}),
            Discovery(*at, options={"ca": str(certificate)}),
        ):
            with pytest.raises(Unreachable):
                connect(refused).resolve("depots-service")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else has signed, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "registry.pem", folder / "registry.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({"NOTES_URL": "http://n:1,http://n:2"}, ["http://n:1,http://n:2", "discovery://parcels-service"]),
        ({"GATEWAY_URL": "discovery://seam"}, []),
    ],
)
def test_a_module_without_an_address_is_asked_for_at_the_gateway_or_in_the_registry(
    more: dict[str, str], places: list[str]
) -> None:
    shown = "from tests.system import settings; print(sorted(settings.MODULE_URLS.items()))"
    done = subprocess.run(
        [sys.executable, "-c", shown],
        cwd=REPOSITORY,
        env={"PYTHONPATH": ".:src", "MODULES": "depots", "DATABASE_URL": "postgresql://x/x", "DISCOVERY_URL": ETCD}
        | more,
        capture_output=True,
        text=True,
        check=True,
    )
    known = {"notes", "parcels", "depots"}
    assert [place for module, place in ast.literal_eval(done.stdout) if module in known] == places
