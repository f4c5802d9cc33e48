"""What deploys the services is valid, keeps its own rules, and speaks of what is really there. No engine runs here."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.kafka.grants import users
from deploy.servers import kafka as test_kafka
from shared.contracts.registry import SERVICES, topics
from shared.settings import SECRETS, ServiceSettings

HERE = Path(__file__).parent
DEPLOY = HERE.parents[1] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
OURS = {*SERVICES, "kafka-setup"}
SETTINGS = {f"XEPHANG_{name.upper()}" for name in ServiceSettings.model_fields} | {SECRETS}


@cache
def manifests() -> list[tuple[str, dict[str, Any]]]:
    """File and document of everything for Kubernetes."""
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [(f.name, one) for f in files for one in yaml.safe_load_all(f.read_text("utf-8"))]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for _, one in manifests() if one["kind"] == kind}


# --- compose -----------------------------------------------------------------------------------------------------


def test_compose_is_valid() -> None:
    schema = json.loads((HERE / "compose-spec.json").read_text("utf-8"))  # of the Compose Specification, Apache-2.0
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


@pytest.mark.parametrize("name", sorted({*COMPOSE["services"]} - {"kafka", "mongo", "mongo-setup"}))
def test_what_is_ours_runs_with_nothing_it_does_not_need(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name == "kafka-setup" or "cap_add" not in service


def test_only_the_gateway_and_what_shows_figures_are_reached_and_on_loopback_only() -> None:
    ports = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert ports == {"gateway": ["127.0.0.1:8080:8080"], "grafana": ["127.0.0.1:3000:3000"]}
    assert COMPOSE["networks"]["inside"]["internal"] is True


@pytest.mark.parametrize("name", sorted({*COMPOSE["services"]} - {"kafka-setup", "mongo-setup"}))
def test_what_stays_up_has_limits_a_health_check_and_bounded_logs(name: str) -> None:
    service = COMPOSE["services"][name]
    assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()
    assert service["healthcheck"]["test"]
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_what_it_reads_and_no_secret(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["command"][:2] == ["serve", name]
    assert service["environment"].keys() <= SETTINGS
    assert service["environment"]["XEPHANG_KAFKA_USER"] == name
    assert not {"XEPHANG_KAFKA_PASSWORD", "XEPHANG_STORE"} & service["environment"].keys()
    assert f"./secrets/{name}:/run/xephang:ro" in service["volumes"]


def test_files_that_compose_mounts_are_there() -> None:
    mounted = {volume.split(":")[0] for one in COMPOSE["services"].values() for volume in one.get("volumes", ())}
    for path in mounted:
        if path.startswith((".", "..")) and not path.startswith("./secrets"):
            assert (DEPLOY / "compose" / path).exists(), path


def test_secrets_are_made_for_every_user_and_kept(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((DEPLOY / "compose" / "make-secrets.sh").read_bytes())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    made = {path: path.read_text() for path in (tmp_path / "secrets").rglob("*") if path.is_file()}
    assert {f"{user}.password" for user in users()} <= {path.name for path in made}
    for service in SERVICES:
        own = tmp_path / "secrets" / service
        assert {path.name for path in own.iterdir()} == {"xephang_kafka_password", "xephang_store"}
        settings = ServiceSettings(
            _secrets_dir=own, kafka="kafka:9092", kafka_user=service, jwt_public_key=Path("issuer.pem")
        )
        assert settings.access().password == made[tmp_path / "secrets" / f"{service}.password"]
        assert settings.store.startswith(f"mongodb://{service}:")
        assert "w=majority" in settings.store
    assert len(set(made.values())) > len(users())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert {path: path.read_text() for path in made} == made
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_broker_is_guarded_as_the_one_that_is_tested() -> None:
    lines = (DEPLOY / "compose" / "kafka.properties").read_text("utf-8").splitlines()
    properties = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    same = {"authorizer.class.name", "allow.everyone.if.no.acl.found", "super.users", "sasl.enabled.mechanisms"}
    for name in same:
        assert properties[name] == test_kafka.GUARDED[name]
    for listener in properties["listeners"].split(","):
        name, _, address = listener.partition("://")
        assert address.startswith("127.0.0.1:") == (name != "SASL"), listener
    assert properties["auto.create.topics.enable"] == "false"


def test_the_gateway_knows_every_service() -> None:
    text = (DEPLOY / "compose" / "gateway.conf").read_text("utf-8")
    assert f"^/({'|'.join(SERVICES)})(/.*)?$" in text


# --- Kubernetes --------------------------------------------------------------------------------------------------

_FOREIGN = {"Kustomization", "ScaledObject", "TriggerAuthentication"}  # not of Kubernetes itself


@pytest.mark.parametrize(("file", "manifest"), [pair for pair in manifests() if pair[1]["kind"] not in _FOREIGN])
def test_manifest_is_valid(file: str, manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.31", strict=True)


def test_everything_is_applied() -> None:
    listed = next(one for _, one in manifests() if one["kind"] == "Kustomization")["resources"]
    assert sorted([*listed, "kustomization.yaml"]) == sorted({file for file, _ in manifests()})


@pytest.mark.parametrize("name", SERVICES)
def test_a_deployment_is_probed_bounded_and_without_privileges(name: str) -> None:
    pod = of_kind("Deployment")[name]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert container["args"][:2] == ["serve", name]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    secret = next(volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert secret["secretName"] == f"xephang-{name}"
    # Longer than a graceful stop takes.
    assert pod["terminationGracePeriodSeconds"] > 10


def test_settings_are_those_that_services_read() -> None:
    assert of_kind("ConfigMap")["xephang-settings"]["data"].keys() <= SETTINGS
    assert not [one for _, one in manifests() if one["kind"] == "Secret"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_scaled_by_what_waits_for_it(name: str) -> None:
    scaled = of_kind("ScaledObject")[name]["spec"]
    read = {t.name for t in topics().values() if name in t.consumers and t.cleanup == "delete"}
    triggers = {one["metadata"]["topic"] for one in scaled["triggers"]}
    assert triggers == read - {"republish-requests"}
    assert {one["metadata"]["consumerGroup"] for one in scaled["triggers"]} == {name}
    assert scaled["maxReplicaCount"] <= min(topics()[topic].partitions for topic in triggers)


def test_nothing_is_let_through_but_what_is_named() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    allowed = [rule for one in policies.values() for rule in (one["spec"].get("egress") or [])]
    assert {port["port"] for rule in allowed for port in rule["ports"]} == {9093, 27017, 53}


# --- the image ---------------------------------------------------------------------------------------------------


def test_the_image_is_pinned_built_from_the_locks_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert {line.split()[1] for line in text.splitlines() if line.startswith("FROM")} == {"python:3.12-slim-bookworm"}
    assert re.search(r"^USER 10001:10001$", text, re.M)
    for lock in ("build.lock", "runtime.lock"):
        assert re.search(rf"pip install --require-hashes .*-r deploy/requirements/{lock}", text)
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M):
        for source in line.split()[:-1]:
            assert (DEPLOY.parent / source).exists(), source
