"""deploy/kubernetes of a service: valid, whole, and as confined as can be."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.packaging.services import FULL, KUBERNETES, Service, different_services
from tests.tools import find_tool

Manifest = dict[str, Any]
VERSIONS = ("1.30", kubernetes_validate.latest_version())
NAMES = "app.kubernetes.io/name"


@pytest.fixture(params=different_services(), ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.param
    return found


def pods(service: Service) -> Iterator[Manifest]:
    """The templates of its pods."""
    for manifest in service.manifests.values():
        if manifest["kind"] in ("Deployment", "Job"):
            yield manifest["spec"]["template"]


def containers(service: Service) -> Iterator[Manifest]:
    for pod in pods(service):
        yield from (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])


@pytest.mark.parametrize("version", VERSIONS)
def test_it_fits_the_schemas_of_kubernetes(version: str, service: Service) -> None:
    for manifest in service.manifests.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_it_has_all_that_a_service_needs(service: Service) -> None:
    kinds = {manifest["kind"] for path, manifest in service.manifests.items() if "/" not in path}
    assert kinds - {"PersistentVolumeClaim"} == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }


def test_kustomize_is_told_of_every_file(service: Service) -> None:
    for folder in ("", "worker/"):
        told = {folder + path for path in service.yaml(f"{KUBERNETES}{folder}kustomization.yaml")["resources"]}
        assert told == {path for path in service.manifests if path.rpartition("/")[0] == folder.rstrip("/")}


def test_what_is_selected_is_there(service: Service) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods(service)]
    for manifest in service.manifests.values():
        spec = manifest.get("spec", {})
        chosen = spec.get("podSelector") or spec.get("selector") or {}
        wanted = chosen.get("matchLabels", chosen)
        assert any(wanted.items() <= found.items() for found in labels), manifest["metadata"]["name"]


def test_what_is_named_is_there(service: Service) -> None:
    names = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in service.manifests.values()}
    assert ("Deployment", service.manifests["autoscaler.yaml"]["spec"]["scaleTargetRef"]["name"]) in names
    for pod in pods(service):
        assert ("ServiceAccount", pod["spec"]["serviceAccountName"]) in names
        for volume in pod["spec"].get("volumes", ()):
            claim = volume.get("persistentVolumeClaim")
            assert not claim or ("PersistentVolumeClaim", claim["claimName"]) in names
    [generated] = service.yaml(f"{KUBERNETES}kustomization.yaml")["configMapGenerator"]
    for container in containers(service):
        assert {"configMapRef": {"name": generated["name"]}} in container["envFrom"]


def test_a_file_field_has_a_volume_wherever_code_runs_that_uses_it(service: Service) -> None:
    mounts = [[mount["mountPath"] for mount in each.get("volumeMounts", ())] for each in containers(service)]
    keeps_files = service.name == FULL.service
    assert sum("/media" in paths for paths in mounts) == (2 if keeps_files else 0)
    assert ("MEDIA_ROOT=/media" in service.texts[f"{KUBERNETES}kustomization.yaml"]) == keeps_files


def test_secrets_are_referred_to_and_not_there(service: Service) -> None:
    assert not [path for path, manifest in service.manifests.items() if manifest["kind"] == "Secret"]
    assert "env" not in {name for container in containers(service) for name in container}
    referred = {
        source["secretRef"]["name"]
        for each in containers(service)
        for source in each["envFrom"]
        if "secretRef" in source
    }
    assert referred == {service.name, f"{service.name}-migrate"}
    assert all(name in service.texts["README.md"] for name in referred)


def test_a_setting_that_is_no_secret_is_written_where_all_may_read_it() -> None:
    [texts] = [service.texts for service in different_services() if service.name == FULL.service]
    assert "      - PARTS_PLACE=\n" in texts[f"{KUBERNETES}kustomization.yaml"]
    assert "PARTS_PLACE" not in texts["README.md"]
    assert "PARTS_SECRET" in texts["README.md"]


def test_only_the_migration_knows_a_user_that_makes_databases(service: Service) -> None:
    knowing = [each["name"] for each in containers(service) if f"{service.name}-migrate" in str(each["envFrom"])]
    assert knowing == ["migrate"]


def test_no_pod_starts_before_its_databases_are_migrated(service: Service) -> None:
    for path in ("deployment.yaml", "worker/deployment.yaml"):
        [first] = service.manifests[path]["spec"]["template"]["spec"]["initContainers"]
        assert first["command"][:4] == ["python", "manage.py", "migrate_all", "--wait"]


def test_it_is_confined(service: Service) -> None:
    assert service.manifests["account.yaml"]["automountServiceAccountToken"] is False
    for pod in pods(service):
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(service):
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert container["resources"]["limits"]["memory"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_only_known_pods_are_let_in_and_only_to_http(service: Service) -> None:
    [rule] = service.manifests["network-policy.yaml"]["spec"]["ingress"]
    assert rule["ports"] == [{"port": "http"}]
    assert [each["podSelector"]["matchLabels"].keys() for each in rule["from"]] == [{NAMES}, {NAMES}]


def test_it_reaches_nobody_else(service: Service) -> None:
    rules = service.manifests["network-policy.yaml"]["spec"]["egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in rules] == [[53, 53], [5432], [8000]]
    assert all(each["podSelector"]["matchLabels"] for rule in rules for each in rule["to"])


def test_kustomize_makes_something_of_it(tmp_path: Path) -> None:
    kubectl = find_tool("kubectl")
    if not kubectl:
        pytest.skip("no kubectl on this system, and Debian's is too old to know components")
    service = different_services()[-1]
    folder = service.write(tmp_path, KUBERNETES)
    file = folder / "kustomization.yaml"
    file.write_text(file.read_text().replace("# components:\n#   - worker", "components:\n  - worker"))
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"image: {service.name}:1\n" in done.stdout
    assert f"name: {service.name}-worker" in done.stdout
    assert f"image: {service.name}\n" not in done.stdout
