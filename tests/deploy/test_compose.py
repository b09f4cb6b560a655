"""The containers: what runs, who can reach it, and that every name in it means something to Beatlens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OURS = ("inference", "prepare", "portal", "worker", "recording-worker")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def test_every_part_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"database", *OURS, "nginx"}
    assert compose["services"]["database"]["image"].partition("@")[0] == "postgres:15"
    assert compose["services"]["worker"]["deploy"]["replicas"] == 2


def test_only_nginx_can_be_reached_and_from_this_machine_alone(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"nginx": ["127.0.0.1:8080:8080"]}


@pytest.mark.parametrize("name", [*OURS, "nginx"])
def test_nothing_of_ours_can_write_or_gain_rights(name: str, compose: dict[str, Any]) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_health_and_metrics_are_for_the_containers_alone(compose: dict[str, Any]) -> None:
    dockerfile = (DEPLOY / "portal.Dockerfile").read_text()
    assert "BEATLENS_INTERNAL_LISTEN=0.0.0.0:9465" in dockerfile
    assert "python:webportal.gunicorn_conf" in dockerfile
    for name, path in (("portal", "readyz"), ("worker", "healthz"), ("recording-worker", "healthz")):
        assert f"http://127.0.0.1:9465/{path}" in compose["services"][name]["healthcheck"]["test"][-1]
    assert "9465" not in (DEPLOY / "nginx.conf").read_text()


def test_secrets_are_asked_for_and_have_no_default(compose: dict[str, Any]) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    for secret in ("BEATLENS_SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{secret}:?" in text
        assert f"${{{secret}:-" not in text
    assert all(line.endswith("=") for line in (DEPLOY / "example.env").read_text().splitlines() if line[0] != "#")


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_known_to_the_program(name: str, compose: dict[str, Any]) -> None:
    portal = [*(ROOT / "webportal/settings").glob("*.py"), ROOT / "webportal/gunicorn_conf.py"]
    files = [ROOT / "inference_server/runtime/settings.py"] if name == "inference" else portal
    source = "".join(file.read_text() for file in files)
    for setting in compose["services"][name]["environment"]:
        known = setting.removeprefix("BEATLENS_").lower() + ":" if name == "inference" else f'"{setting}"'
        assert known in source, setting


def test_images_are_built_from_files_that_are_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        if "build" in service:
            dockerfile = ROOT / service["build"]["dockerfile"]
            copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile.read_text(), re.MULTILINE)
            assert copied
            for source in " ".join(copied).split():
                assert (ROOT / source).exists(), f"{dockerfile.name}: {source}"


@pytest.mark.parametrize("dockerfile", ["portal.Dockerfile", "inference-server.Dockerfile"])
def test_nobody_is_root_in_the_end(dockerfile: str) -> None:
    users = re.findall(r"^USER (\S+)$", (DEPLOY / dockerfile).read_text(), re.MULTILINE)
    assert users[-1:] == ["10001"]


def test_the_static_files_are_the_portals_to_read() -> None:
    text = (DEPLOY / "portal.Dockerfile").read_text()
    assert text.index("\nUSER 10001") < text.index("collectstatic")


def test_nginx_sends_pictures_only_when_the_portal_says_so(compose: dict[str, Any]) -> None:
    conf = (DEPLOY / "nginx.conf").read_text()
    prefix = compose["services"]["portal"]["environment"]["BEATLENS_ACCEL_PREFIX"]
    place = re.search(rf"location {re.escape(prefix)} {{(.*?)\n        }}", conf, re.DOTALL)
    assert place
    assert "internal;" in place[1]
    folder = re.search(r"alias (\S+)/;", place[1])
    assert folder
    assert f"media:{folder[1]}:ro" in compose["services"]["nginx"]["volumes"]
    for header in ("nosniff", "default-src 'none'; sandbox", "same-origin"):
        assert header in place[1]
