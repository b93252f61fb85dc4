"""The container stack: what runs there exists, is healthy by a check, pinned and without rights it does not need."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sinks.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}
LASTING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = re.compile(r"^[a-z0-9/-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*$")


def test_the_whole_service_is_there() -> None:
    assert set(SERVICES) == set("kafka redis topics worker notifier board web prometheus grafana".split())
    assert set(OURS) == set("topics worker notifier board web".split())


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    assert PINNED.match(SERVICES[name]["image"]), SERVICES[name]["image"]


def test_the_base_image_is_pinned_and_the_same_throughout() -> None:
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    assert len(bases) == 1
    assert all(PINNED.match(base) for base in bases)


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_has_a_health_check(name: str) -> None:
    assert LASTING[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_gains_privileges(name: str) -> None:
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_ours_run_as_nobody_special(name: str) -> None:
    service = OURS[name]
    assert service["user"] == "10001:10001"
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_the_image_itself_runs_as_nobody_special() -> None:
    assert "\nUSER 10001:10001\n" in DOCKERFILE
    assert "\nHEALTHCHECK " in DOCKERFILE


@pytest.mark.parametrize("name", SERVICES)
def test_published_ports_are_on_loopback(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_workers_can_be_scaled() -> None:
    assert not {"ports", "container_name", "hostname"} & SERVICES["worker"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_health_or_for_the_end(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        ends = SERVICES[other]["restart"] == "no"
        assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


@pytest.mark.parametrize("name", OURS)
def test_commands_exist(name: str) -> None:
    command = OURS[name]["command"]
    if command[:2] == ["python", "-m"]:
        found = importlib.util.find_spec(command[2])
        assert found is not None, command
        assert found.submodule_search_locations is None or importlib.util.find_spec(f"{command[2]}.__main__")
    else:
        assert command == ["wismo", "topics", "create"]


@pytest.mark.parametrize("name", OURS)
def test_variables_are_settings(name: str) -> None:
    known = {variable_of(field) for field in Settings.model_fields} | {"HEALTH_URL"}
    assert OURS[name]["environment"].keys() <= known


def test_named_volumes_are_declared_and_used() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {volume for volume in used if not volume.startswith((".", "/"))} == set(COMPOSE["volumes"])


def test_mounted_files_exist() -> None:
    mounts = [volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert all((ROOT / mount).exists() for mount in mounts if mount.startswith("."))


def test_what_the_image_copies_is_let_through_by_the_ignore_file() -> None:
    sources = {word for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == allowed


def test_compose_itself_reads_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("needs the compose plugin of the Docker client")
    done = subprocess.run(
        [docker, "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
