"""compose.yaml, the Dockerfile and kuberay.yaml say what is so: of each other and of the scripts.

There is no Docker here: what they call is run by the other tests.
"""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docker_tests.test_scripts import required_by

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE_TEXT = (DOCKER / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
EXAMPLE = (DOCKER / ".env.example").read_text()
DOCKERFILE = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
KUBERNETES = list(yaml.safe_load_all((DOCKER / "kuberay.yaml").read_text()))
FILES = sorted(path for path in DOCKER.rglob("*") if path.is_file() and path.suffix != ".pyc")
SECRET = re.compile("PASSWORD|SECRET|TOKEN")

every_service = pytest.mark.parametrize("name", SERVICES)


def script_of(name: str) -> Path | None:
    """The script that a service runs, if it is one of ours."""
    command = SERVICES[name].get("command", ["postgres"])
    script = DOCKER / "services" / Path(command[0]).name
    return script if script.exists() else None


def pods() -> Iterator[dict[str, Any]]:
    """The specifications of all pods in kuberay.yaml."""

    def within(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if "containers" in node:
                yield node
            for value in node.values():
                yield from within(value)
        elif isinstance(node, list):
            for value in node:
                yield from within(value)

    yield from within(KUBERNETES)


def containers() -> Iterator[dict[str, Any]]:
    """All containers in kuberay.yaml."""
    for pod in pods():
        yield from pod["containers"] + pod.get("initContainers", [])


def instructions(word: str) -> list[list[str]]:
    """Arguments of every such instruction of the Dockerfile."""
    lines = (line for line in DOCKERFILE.splitlines() if line.startswith(f"{word} "))
    return [shlex.split(line)[1:] for line in lines]


@every_service
def test_a_service_runs_a_script_and_gives_it_all_that_it_requires(name: str) -> None:
    script = script_of(name)
    if name == "postgres":
        assert script is None
        return
    assert script is not None and os.access(script, os.X_OK)
    assert set(required_by(script)) <= set(SERVICES[name]["environment"])


@every_service
def test_a_service_is_watched_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if name == "create-databases":  # runs once
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])
    if service["healthcheck"]["test"][1] == "healthy":
        assert os.access(DOCKER / "services" / "healthy", os.X_OK)


@every_service
def test_services_start_in_the_order_of_need(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        once = needed == "create-databases"
        assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")
        optional = "profiles" in SERVICES[needed]
        assert how.get("required", True) is not optional


def test_optional_services_are_behind_profiles() -> None:
    profiles = {name: s["profiles"] for name, s in SERVICES.items() if "profiles" in s}
    assert profiles == {"optuna-board": ["optuna-board"], "redis": ["redis"]}


@every_service
def test_ports_are_published_on_loopback_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\$\{\w+:-\d+\}:\d+", port)


def test_only_the_head_can_reach_redis() -> None:
    assert COMPOSE["networks"]["redis"] == {"internal": True}
    members = {name for name, s in SERVICES.items() if "redis" in s.get("networks", [])}
    assert members == {"redis", "ray-head"}


def test_compose_and_the_example_know_the_same_variables() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE_TEXT))
    explained = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE))
    assert used | {"COMPOSE_PROFILES"} == explained


def test_defaults_are_those_in_the_example() -> None:
    shown = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", EXAMPLE, flags=re.MULTILINE))
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE_TEXT):
        assert shown[name] == default


def test_every_secret_is_refused_when_empty_and_none_is_written_down() -> None:
    secrets = set(re.findall(r"^([A-Z_]+)=$", EXAMPLE, flags=re.MULTILINE))
    assert len(secrets) == 7
    assert secrets == set(re.findall(r"\$\{(\w+):\?\}", COMPOSE_TEXT))
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name) or name == "REDISCLI_AUTH":
                assert re.fullmatch(r"\$\{\w+:\?\}", value)
    for path in FILES:
        assert not re.search(r"[0-9a-f]{24}", path.read_text()), path


def test_a_stopped_node_has_time_to_close_the_runs() -> None:
    wait_s = re.search(
        r"RAY_JOB_STOP_WAIT_TIME_S:-(\d+)", (DOCKER / "services/ray-head").read_text()
    )
    assert wait_s is not None
    assert int(SERVICES["ray-head"]["stop_grace_period"].rstrip("s")) > int(wait_s[1])


def test_nodes_share_what_a_sweep_writes() -> None:
    assert SERVICES["ray-head"]["volumes"] == SERVICES["ray-worker"]["volumes"]
    folders = [volume.split(":")[1] for volume in SERVICES["ray-worker"]["volumes"]]
    environment = SERVICES["ray-worker"]["environment"]
    assert folders == [environment["SPIKESWEEP_STORAGE"], environment["SPIKESWEEP_DATA"]]
    # Made in the image with the right owner, which a new volume takes over.
    assert all(folder in DOCKERFILE for folder in folders)


def test_all_volumes_are_named() -> None:
    used = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    assert used - {"./services"} == set(COMPOSE["volumes"])


def test_images_are_pinned() -> None:
    images = [s["image"] for s in SERVICES.values()] + [c["image"] for c in containers()]
    images += [given.removeprefix("BASE=") for (given,) in instructions("ARG") if "BASE=" in given]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = f"spikesweep:{project['version']}"
    others = set(images) - {ours, f"${{SPIKESWEEP_IMAGE:-{ours}}}"}
    assert len(others) < len(set(images))
    assert all(re.fullmatch(r"\w+:\d+\.\d[\w.]*-[\w-]+", image) for image in others)
    assert f"--tag {ours} ." in DOCKERFILE


@every_service
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0 and re.fullmatch(r"\$\{\w+:-\d+gb\}", service["mem_limit"])
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])
    assert "privileged" not in service and "cap_add" not in service
    # Nobody runs as root: the image has a user, or it is said here.
    assert "build" in service or service["user"] in ("postgres", "redis")


@pytest.mark.parametrize("name", ["ray-head", "ray-worker"])
def test_a_node_may_run_what_is_compiled_for_it_and_keeps_what_a_driver_writes(name: str) -> None:
    service = SERVICES[name]
    assert any(m.startswith("/home/spikesweep:") and "exec" in m for m in service["tmpfs"])
    assert service["working_dir"] == service["environment"]["SPIKESWEEP_STORAGE"]
    assert service["pids_limit"] >= 1000


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    ignore = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    for *sources, _ in instructions("COPY"):
        if sources[0].startswith("--from"):
            continue
        for source in sources:
            assert (ROOT / source).exists() and f"!{source}" in ignore
    assert "*" in ignore  # nothing else


def test_the_image_runs_as_a_user_without_rights() -> None:
    (user,) = instructions("USER")
    assert user == ["spikesweep"] and "useradd --create-home --uid 1000 spikesweep" in DOCKERFILE
    after = DOCKERFILE.split("USER spikesweep")[1]
    assert "RUN" not in after and "COPY" not in after


def test_the_image_has_the_projects_own_versions() -> None:
    assert "--constraint constraints.txt" in DOCKERFILE
    makefile = (ROOT / "Makefile").read_text()
    version = re.search(r"UV_VERSION := (\S+)", makefile)
    assert version is not None and f"ARG UV_VERSION={version[1]}" in DOCKERFILE
    pinned = re.search(r"^ray==(\S+)", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)
    (cluster,) = (d for d in KUBERNETES if d["kind"] == "RayCluster")
    assert pinned is not None and cluster["spec"]["rayVersion"] == pinned[1]


def test_pytorch_is_for_cpus_by_default() -> None:
    assert "ARG TORCH=cpu" in DOCKERFILE and "--torch-backend ${TORCH}" in DOCKERFILE
    assert SERVICES["ray-head"]["build"]["args"] == {"TORCH": "${TORCH:-cpu}"}


def test_containers_on_kubernetes_are_watched_and_have_no_rights() -> None:
    for container in containers():
        context = container["securityContext"]
        assert context["runAsNonRoot"] and not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"]
        assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]
        assert "memory" in container["resources"]["limits"]
        if container["name"] != "create-databases":
            assert {"readinessProbe", "livenessProbe"} <= set(container)


def test_pods_on_kubernetes_get_what_they_mount_and_the_runtimes_own_profile() -> None:
    found = list(pods())
    assert len(found) == 4
    for pod in found:
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"] + pod.get("initContainers", []):
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


def test_on_kubernetes_only_those_connect_who_have_to() -> None:
    policies = {
        d["metadata"]["name"]: d["spec"] for d in KUBERNETES if d["kind"] == "NetworkPolicy"
    }
    assert policies.pop("nobody") == {"podSelector": {}, "policyTypes": ["Ingress"]}
    node, server = {"ray.io/cluster": "spikesweep"}, {"app": "mlflow"}

    def may(policy: dict[str, Any]) -> list[dict[str, str]]:
        return [
            source["podSelector"]["matchLabels"]
            for rule in policy["ingress"]
            for source in rule["from"]
        ]

    assert {name: may(policy) for name, policy in policies.items()} == {
        "postgres": [server, node],
        "mlflow": [node],
        "ray": [node],
    }
    assert "Egress" in policies["postgres"]["policyTypes"]
    apps = {d["metadata"]["name"]: d["spec"] for d in KUBERNETES if d["kind"] == "Service"}
    for name in ("postgres", "mlflow"):  # the ports of the services, and no others
        ports = [port for rule in policies[name]["ingress"] for port in rule["ports"]]
        assert ports == apps[name]["ports"]
        assert policies[name]["podSelector"]["matchLabels"] == apps[name]["selector"]


def test_secrets_on_kubernetes_are_references() -> None:
    explained = set(re.findall(r"^([A-Z_]+)=$", EXAMPLE, flags=re.MULTILINE))
    for container in containers():
        for variable in container["env"]:
            if SECRET.search(variable["name"]):
                reference = variable["valueFrom"]["secretKeyRef"]
                assert reference["name"] == "spikesweep" and reference["key"] in explained


def test_kubernetes_gives_what_compose_gives() -> None:
    counterparts = {"ray-head": "ray-head", "ray-worker": "ray-worker", "mlflow": "mlflow"}
    found = {container["name"]: container for container in containers()}
    for name, service in counterparts.items():
        given = {variable["name"] for variable in found[name]["env"]}
        script = script_of(service)
        assert script is not None
        # The operator gives the token, and writes Ray's commands.
        assert set(required_by(script)) - {"RAY_AUTH_TOKEN", "RAY_HEAD_ADDRESS"} <= given
    (cluster,) = (d for d in KUBERNETES if d["kind"] == "RayCluster")
    assert cluster["spec"]["authOptions"]["mode"] == "token"


def test_no_address_from_outside_is_in_any_file() -> None:
    for path in FILES:
        assert not re.search(r"https://|index-url", path.read_text()), path


def test_the_guide_names_only_what_is_there() -> None:
    guide = (DOCKER / "README.md").read_text()
    for path in re.findall(r"docker/([\w./-]*\w)", guide):
        assert (DOCKER / path).exists() or path in (".env", "gpu.yaml")
    for target in re.findall(r"make ([a-z]+)", guide):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text()
    assert all(f"`{name}`" in guide for name in SERVICES)
