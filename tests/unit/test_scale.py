"""docker/compose.scale.yaml and what belongs to it, as Docker Compose itself, Hadolint and Caddy understand them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import settings, stages
from pipeline.settings import PROJECT_ROOT
from tests.composed import CADDY, COMPOSE, DOCKER, HADOLINT, PASSWORDS, ROLES, WEBS, config, require

SCALE = "".join((DOCKER / f"compose.{name}.yaml").read_text() for name in ("scale", "elsewhere"))
ONE_HOST: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
OTHERS = ("postgres", "objects", "bucket", "redis", "chroma", "proxy")
FILES = (("compose.yaml",), ("compose.yaml", "compose.llm.yaml"), ("compose.scale.yaml",),
         ("compose.scale.yaml", "compose.elsewhere.yaml"))  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    require(COMPOSE)
    return config("compose.scale.yaml", folder=tmp_path_factory.mktemp("compose"))


@pytest.fixture
def services(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = found["services"]
    return services


@pytest.mark.parametrize("files", FILES, ids="+".join)
def test_docker_compose_takes_the_files(files: tuple[str, ...], tmp_path: Path) -> None:
    require(COMPOSE)
    assert config(*files, folder=tmp_path)["services"]


@pytest.mark.parametrize("missing", PASSWORDS)
def test_nothing_starts_without_a_password(missing: str, tmp_path: Path) -> None:
    require(COMPOSE)
    with pytest.raises(AssertionError, match=f"{missing} is missing a value: set it in docker/.env"):
        config("compose.scale.yaml", env={**PASSWORDS, missing: ""}, folder=tmp_path)


def test_hadolint_has_nothing_to_say() -> None:
    require(HADOLINT)
    ran = subprocess.run([HADOLINT, DOCKER / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_caddy_takes_its_file(tmp_path: Path) -> None:
    require(CADDY)
    where = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    for command in (["validate", "--adapter", "caddyfile", "--config"], ["fmt", "--diff"]):
        ran = subprocess.run(
            [CADDY, *command, DOCKER / "Caddyfile"], capture_output=True, text=True, timeout=60, env=where
        )
        assert ran.returncode == 0, ran.stderr
        assert not re.findall("^[+-]", ran.stdout, re.MULTILINE), ran.stdout


def test_every_role_is_a_service_and_its_image_that_of_one_host(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {*ROLES, *OTHERS}
    for name, service in services.items():
        if "build" in service:
            alone = ONE_HOST["web" if name in WEBS else name]
            assert service["image"] == alone["image"] and service["build"]["target"] == alone["build"]["target"]
        else:
            assert re.fullmatch(r"[\w/.-]+:\d+(\.\d+)+[\w.-]*", service["image"]), "pinned"
            assert name == "bucket" or service["healthcheck"]["test"]


@pytest.mark.parametrize("name", [*ROLES, *OTHERS])
def test_a_service_is_locked_down(name: str, services: dict[str, dict[str, Any]]) -> None:
    service = services[name]
    assert service["read_only"] and service["init"] and not service.get("privileged")
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert int(service["user"].partition(":")[0]) > 0
    limits = service["deploy"]["resources"]["limits"]
    assert int(limits["memory"]) > 0 and limits["pids"] > 0
    assert service["restart"] == ("no" if name == "bucket" else "unless-stopped")


def test_the_proxy_alone_is_published(found: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if service.get("ports")] == ["proxy"]
    inner = {name for name, network in found["networks"].items() if network.get("internal")}
    for name, service in services.items():
        on = set(service.get("networks", ()))
        assert on <= inner or name == "proxy", name
        assert ("front" in on) == (name in (*WEBS, "proxy")), "who may say for whom it asks"
    subnet = found["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert all(services[web]["environment"]["PAGEMILL_WEB__PROXIES"] == f'["{subnet}"]' for web in WEBS)
    upstreams = re.findall(r"reverse_proxy \{\$WEB:(.*)\} \{", (DOCKER / "Caddyfile").read_text())
    port = services["web-1"]["environment"]["PAGEMILL_WEB__PORT"]
    assert upstreams == [" ".join(f"{web}:{port}" for web in WEBS)]
    told = re.findall(r"http(?:s?)_port \{\$\w+:(\d+)\}", (DOCKER / "Caddyfile").read_text())
    assert told == [str(port["target"]) for port in services["proxy"]["ports"]]


def test_elsewhere_workers_reach_other_networks_and_wait_for_nobody(tmp_path: Path) -> None:
    require(COMPOSE)
    services = config("compose.scale.yaml", "compose.elsewhere.yaml", folder=tmp_path)["services"]
    for role in ROLES:
        assert "outside" in services[role]["networks"] and not services[role].get("depends_on")
        assert "ports" not in services[role]
    figures = services["figures"]
    assert [port["host_ip"] for port in figures["ports"]] == ["127.0.0.1"] and not figures.get("depends_on")
    assert figures["volumes"][0] == services["ocr"]["volumes"][0] and figures["deploy"]["replicas"] == 1
    assert figures["read_only"] and figures["image"] == "pagemill-extract"
    assert figures["environment"]["PAGEMILL_WORKER__METRICS_PORT"] == str(figures["ports"][0]["target"])


@pytest.mark.parametrize("role", ROLES)
def test_its_environment_is_accepted(
    role: str, services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services[role]["environment"].items():
        monkeypatch.setenv(name, value)
    settings.load.cache_clear()
    try:
        accepted = settings.load()
    finally:
        settings.load.cache_clear()
    for stage in stages.NAMES:
        assert accepted.processes(stage) == services[stage]["deploy"]["replicas"]
    assert accepted.storage.bucket == ("pagemill", "files")
    assert "/buckets/pagemill/" in services["bucket"]["entrypoint"][-1]
    assert not any(password in accepted.storage.database_url.get_secret_value() for password in PASSWORDS.values())
    # What it was doing when it was told to stop, and its farewell.
    grace_s = int(services[role]["stop_grace_period"].removesuffix("s"))
    assert grace_s >= 3 * accepted.worker.drain_s
    for stage in ("render", "ocr"):
        limit = int(services[stage]["deploy"]["resources"]["limits"]["memory"])
        assert limit > (getattr(accepted, stage).memory_mb + 300 + 256 + 300) * 1e6


def test_the_example_names_every_variable_and_its_default() -> None:
    told = dict(re.findall(r"^(?:# )?(\w+)=(.*)", (DOCKER / "scale.env.example").read_text(), re.MULTILINE))
    used = {name: default for name, default in re.findall(r"\$\{(\w+):?[-?]((?:[^{}$]|\$\{[^}]*\})*)\}", SCALE)}
    assert set(told) == {*used, *re.findall(r"\$\{(\w+)", SCALE)}
    for name, default in used.items():
        if name not in PASSWORDS and "//" not in default and "$" not in default:
            assert told[name] == default


def test_metrics_named_exist() -> None:
    told = set(re.findall(r"pagemill_[a-z_]+", (PROJECT_ROOT / "docs/scaling.md").read_text()))
    known = set(re.findall(r"pagemill_[a-z_]+", (PROJECT_ROOT / "docs/operating.md").read_text()))
    assert len(told) >= 6 and told <= known
