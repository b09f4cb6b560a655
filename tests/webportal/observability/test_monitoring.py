"""Dashboards, rules and runbook: they name what is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from inference_server.rpc.metrics import Metrics
from inference_server.rpc.recording_metrics import RecordingMetrics
from tests.deploy.manifests import of_kind, pods
from webportal.observability import metrics as portal_metrics
from webportal.operations import queue_metrics

ROOT = Path(__file__).resolve().parents[3]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = [rule for group in yaml.safe_load((MONITORING / "rules.yaml").read_text())["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
DASHBOARDS = sorted((MONITORING / "dashboards").glob("*.json"))
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()

#: What Prometheus itself knows of every series.
OF_PROMETHEUS: Final = {"job", "instance", "namespace", "pod", "le"}
NAME = re.compile(r"\b(beatlens\w*(?::\w+)*)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\b(?:by|on) \(([\w, ]*)\)")


@pytest.fixture(scope="module")
def promtool() -> str:
    """promtool of this machine; skipped without it, or failed where it is required."""
    path = shutil.which("promtool")
    if path is None:
        reason = "needs promtool: install prometheus"
        if os.environ.get("BEATLENS_REQUIRE_PROMTOOL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def exported(registry: CollectorRegistry) -> dict[str, set[str]]:
    """The series of a registry by name, with their labels."""
    found = {}
    for collector, names in registry._collector_to_names.items():
        for name in names:
            found[name] = set(getattr(collector, "_labelnames", ()))
    return found


@pytest.fixture
def series(db: object) -> dict[str, set[str]]:
    """Everything that server and portal export."""
    metrics = Metrics()
    RecordingMetrics(metrics.registry).watch(*([lambda: 0] * 5))
    found = exported(metrics.registry) | exported(portal_metrics.REGISTRY)
    for family in text_string_to_metric_families(queue_metrics.exposition().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression, and where it stands."""
    for rule in RULES:
        yield rule.get("alert") or rule["record"], rule["expr"]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]
    adapter = yaml.safe_load((MONITORING / "prometheus-adapter.yaml").read_text())
    for rule in adapter["rules"]:
        yield "prometheus-adapter", rule["seriesQuery"]


def test_every_series_and_label_is_exported(series: dict[str, set[str]]) -> None:
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    seen = set()
    for where, expression in expressions():
        plain = re.sub(r'"[^"]*"', '""', expression)
        labels = OF_PROMETHEUS | {"code"}  # of what is recorded
        for name, selected in NAME.findall(plain):
            assert name in series or name in recorded, f"{where}: {name}"
            labels |= series.get(name, set())
            asked = set(re.findall(r"(\w+)(?==|!=|=~|!~)", selected))
            assert asked <= OF_PROMETHEUS | series.get(name, set()), f"{where}: {name} has no {asked}"
            seen.add(name)
        for group in GROUPED.findall(plain):
            assert {label.strip() for label in group.split(",")} <= labels, f"{where}: {group}"
    assert recorded <= seen


def test_what_an_alert_selects_is_what_programs_say() -> None:
    text = "".join(expression for _, expression in expressions())
    for series, files in (
        ("portal_attempts", ("webportal/analyses/jobs/running.py", "webportal/analyses/jobs/sweeping.py")),
        ("portal_recording_attempts", ("webportal/recordings/jobs/lines.py", "webportal/recordings/jobs/sweeping.py")),
    ):
        said = "".join((ROOT / path).read_text() for path in files)
        for outcome in re.findall(rf'{series}_total{{outcome=~"([\w|]+)"', text):
            assert all(f'"{each}"' in said for each in outcome.split("|"))
    connections = "".join(path.read_text() for path in (ROOT / "webportal/connections").glob("*.py"))
    for why in re.findall(r'why=~"([\w|]+)"', text):
        assert all(f'"{each}"' in connections for each in why.split("|"))
    assert '["for_server"]' in (ROOT / "webportal/operations/queue_metrics.py").read_text()
    jobs = set(re.findall(r'job="([\w-]+)"', text))
    assert jobs <= {pod["metadata"]["labels"]["app"] for pod in pods("production").values()}


def test_rules_are_valid(promtool: str) -> None:
    done = subprocess.run([promtool, "check", "rules", MONITORING / "rules.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES)} rules found" in done.stdout


def test_alerts_fire_when_they_should_and_otherwise_not(promtool: str) -> None:
    tests = ROOT / "tests" / "deploy" / "alerts.yaml"
    done = subprocess.run([promtool, "test", "rules", tests], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    cases = [case for test in yaml.safe_load(tests.read_text())["tests"] for case in test["alert_rule_test"]]
    fired = {case["alertname"] for case in cases if case.get("exp_alerts")}
    quiet = {case["alertname"] for case in cases if not case.get("exp_alerts")}
    assert fired == quiet == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_leads_to_its_page_in_the_runbook(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert rule["alert"] in headings
    assert anchor == rule["alert"].lower()
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_runbook_has_no_alert_that_is_not_there() -> None:
    assert set(re.findall(r"^## (Beatlens\w+)$", RUNBOOK, re.MULTILINE)) == {rule["alert"] for rule in ALERTS}


def kubectl_commands() -> Iterator[list[str]]:
    for page in (RUNBOOK, (ROOT / "docs" / "kubernetes.md").read_text()):
        text = page.replace("\\\n", " ")
        for inline in re.findall(r"`(kubectl [^`]+)`", text):
            yield inline.split()
        for line in re.findall(r"^(kubectl .+)$", text, re.MULTILINE):
            yield line.partition("  #")[0].split()


def test_every_kubectl_command_is_there() -> None:
    kubectl = str(Path(sys.executable).with_name("kubectl"))
    known: dict[tuple[str, ...], str] = {}
    names = {
        f"{kind.lower()}/{name}" for kind in ("Deployment", "Job", "Service") for name in of_kind("production", kind)
    }
    commands = list(kubectl_commands())
    assert len(commands) > 10
    for command in commands:
        words = [word for word in command[1:] if word not in ("--namespace", "beatlens")]
        verb = tuple(words[: 2 if words[0] == "rollout" else 3 if words[:2] == ["create", "secret"] else 1])
        if verb not in known:
            done = subprocess.run([kubectl, *verb, "--help"], capture_output=True, text=True)
            known[verb] = done.stdout
        assert f"kubectl {' '.join(verb)}" in known[verb], command
        ours = words[: words.index("--")] if "--" in words else words
        for option in {word.partition("=")[0] for word in ours if word.startswith("--")}:
            assert re.search(rf"^\s+(-\w, )?{option}=", known[verb], re.MULTILINE), f"{option} of {' '.join(command)}"
        for word in ours:
            if re.match(r"(deployment|job|service)/", word):
                assert word in names, word


def test_dashboards_can_be_imported() -> None:
    assert [path.stem for path in DASHBOARDS] == ["beatlens-portal", "beatlens-server"]
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        assert dashboard["uid"] == path.stem
        (source,) = dashboard["templating"]["list"]
        assert (source["type"], source["query"]) == ("datasource", "prometheus")
        places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
        assert len(set(places)) == len(places)
        for panel in dashboard["panels"]:
            assert panel["datasource"]["uid"] == "${source}"
            assert panel["fieldConfig"]["defaults"]["unit"]


def test_pods_are_scraped_as_their_annotations_say() -> None:
    scrape = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    text = json.dumps(scrape)
    annotations = {name for pod in pods("production").values() for name in pod["metadata"].get("annotations", {})}
    assert annotations == {"prometheus.io/scrape", "prometheus.io/port"}
    for annotation in annotations:
        assert f"__meta_kubernetes_pod_annotation_{re.sub('[^a-z]', '_', annotation)}" in text
    assert [MONITORING / name for name in scrape["rule_files"]] == [MONITORING / "rules.yaml"]
