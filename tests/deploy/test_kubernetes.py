"""The Kubernetes manifests: valid, closed, and agreed with the programs that they start."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ecg.formats.reading import IMPORT_LIMITS
from inference_server.runtime.settings import Settings
from tests.deploy.manifests import KUBERNETES, OVERLAYS, ROOT, containers, environment, of_kind, pods, references
from tests.deploy.manifests import rendered as documents

#: Those that the Kubernetes project looks after.
VERSIONS = ("1.35", "1.36", "1.37")
SERVER, PORTAL, WORKER, RECORDING_WORKER, MIGRATION = (
    f"beatlens-{name}" for name in ("inference-server", "portal", "worker", "recording-worker", "migration")
)
GUIDE = (ROOT / "docs" / "kubernetes.md").read_text()


def mebibytes(quantity: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", quantity).groups()  # type: ignore[union-attr]
    return int(number) * {"Mi": 1, "Gi": 1024}[unit]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_document_is_valid(overlay: str, version: str) -> None:
    for document in documents(overlay):
        kubernetes_validate.validate(document, version, strict=True)


def test_a_field_that_is_not_there_would_be_found() -> None:
    document = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"clusterIp": "None"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, VERSIONS[0], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everything_runs_there(overlay: str) -> None:
    assert set(pods(overlay)) == {SERVER, PORTAL, WORKER, RECORDING_WORKER, MIGRATION}
    kinds = {document["metadata"].get("namespace", document["kind"]) for document in documents(overlay)}
    assert kinds == {"beatlens", "Namespace"}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", [SERVER, PORTAL, WORKER, RECORDING_WORKER, MIGRATION])
def test_nobody_is_root_or_writes_to_the_image(overlay: str, name: str) -> None:
    pod = pods(overlay)[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert containers(overlay)[name]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    image = "inference-server" if name == SERVER else "portal"
    assert "USER 10001" in (ROOT / f"deploy/{image}.Dockerfile").read_text()


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", [SERVER, PORTAL, WORKER, RECORDING_WORKER, MIGRATION])
def test_every_setting_is_known_to_the_program(overlay: str, name: str) -> None:
    portal = [*(ROOT / "webportal/settings").glob("*.py"), ROOT / "webportal/gunicorn_conf.py"]
    source = "".join(file.read_text() for file in portal)
    for setting in environment(overlay, name):
        known = setting.removeprefix("BEATLENS_").lower() in Settings.model_fields
        assert known if name == SERVER else f'"{setting}"' in source, setting


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_server_starts_with_what_it_is_told(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from inference_server.rpc.listening import check_protection

    for name, value in environment(overlay, SERVER).items():
        monkeypatch.setenv(name, value)
    check_protection(settings := Settings())
    assert not settings.trusted_network
    assert settings.tls_certificate
    assert settings.tokens


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_files_that_are_named_are_mounted(overlay: str) -> None:
    for name, container in containers(overlay).items():
        volumes = {volume["name"]: volume for volume in pods(overlay)[name]["spec"]["volumes"]}
        mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
        for value in environment(overlay, name).values():
            if value.startswith("/etc/"):
                folder, _, file = value.rpartition("/")
                items = mounts[folder]["secret"].get("items")
                assert items is None or file in {item["path"] for item in items}
    portal = (ROOT / "deploy/portal.Dockerfile").read_text()
    assert "BEATLENS_MEDIA_DIR=/var/lib/beatlens/media" in portal
    media = "/var/lib/beatlens/media"
    for name in (PORTAL, WORKER, RECORDING_WORKER):
        has_volume = media in {mount["mountPath"] for mount in containers(overlay)[name]["volumeMounts"]}
        assert has_volume != ("BEATLENS_MEDIA_S3_BUCKET" in environment(overlay, name))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_servers_key_is_the_servers_alone(overlay: str) -> None:
    for name in (PORTAL, WORKER, RECORDING_WORKER, MIGRATION):
        for volume in pods(overlay)[name]["spec"]["volumes"]:
            if volume.get("secret", {}).get("secretName") == "beatlens-server-tls":
                assert volume["secret"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ports_agree_with_the_settings(overlay: str) -> None:
    told = environment(overlay, SERVER)
    ports = {port["name"]: port["containerPort"] for port in containers(overlay)[SERVER]["ports"]}
    assert told["BEATLENS_LISTEN"].endswith(f":{ports['grpc']}")
    assert told["BEATLENS_METRICS_LISTEN"].endswith(f":{ports['metrics']}")
    assert environment(overlay, PORTAL)["BEATLENS_INFERENCE_ADDRESS"] == f"dns:///{SERVER}:{ports['grpc']}"
    image = (ROOT / "deploy/portal.Dockerfile").read_text()
    ports = {port["name"]: port["containerPort"] for port in containers(overlay)[PORTAL]["ports"]}
    assert f'"--bind", "0.0.0.0:{ports["http"]}"' in image
    assert f"BEATLENS_INTERNAL_LISTEN=0.0.0.0:{ports['internal']}" in image
    for name in (WORKER, RECORDING_WORKER):
        (internal,) = containers(overlay)[name]["ports"]
        listens = environment(overlay, name)["BEATLENS_WORKER_INTERNAL_LISTEN"]
        assert listens.endswith(f":{internal['containerPort']}")
    for name, pod in pods(overlay).items():
        port = pod["metadata"].get("annotations", {}).get("prometheus.io/port")
        scraped = {p["containerPort"] for p in containers(overlay)[name].get("ports", ()) if p["name"] != "http"}
        assert (port is None) == (name == MIGRATION)
        assert port is None or int(port) in scraped
    for name, service in of_kind(overlay, "Service").items():
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in {each["name"] for each in containers(overlay)[name]["ports"]}
    assert of_kind(overlay, "Service")[SERVER]["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize("name", [SERVER, PORTAL, WORKER, RECORDING_WORKER])
def test_probes_ask_for_what_is_there(name: str) -> None:
    source = (ROOT / ("inference_server/rpc/internal.py" if name == SERVER else "webportal/health.py")).read_text()
    container = containers("production")[name]
    inside = {port["name"] for port in container["ports"]} - {"http", "grpc"}
    for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert container[probe]["httpGet"]["path"] == path
        assert f'"{path}":' in source
        assert {container[probe]["httpGet"]["port"]} == inside
    # A probe waits longer than the program does for what it looks at.
    assert container["livenessProbe"]["timeoutSeconds"] > 3


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_memory_is_above_what_was_measured_and_what_settings_allow(
    overlay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs/performance.md").read_text()
    measured = float(re.search(r"All processes together (\d+) MB", page)[1])  # type: ignore[index]
    for name, value in environment(overlay, SERVER).items():
        monkeypatch.setenv(name, value)
    resources = containers(overlay)[SERVER]["resources"]
    cpus = int(resources["limits"]["cpu"])
    settings = Settings(workers=cpus, recording_workers=cpus)
    worst = settings.queue_bytes + settings.max_arriving_bytes + 3 * settings.recording_bytes
    worst += cpus * (settings.worker_bytes + settings.recording_memory_bytes)
    assert mebibytes(resources["requests"]["memory"]) > 2 * measured
    assert mebibytes(resources["limits"]["memory"]) > measured + worst / 2**20
    for name in (PORTAL, WORKER, RECORDING_WORKER, MIGRATION):
        resources = containers(overlay)[name]["resources"]
        at_rest, busy = figures(name)
        assert mebibytes(resources["requests"]["memory"]) > at_rest
        reading = IMPORT_LIMITS.memory_bytes / 2**20 if name == RECORDING_WORKER else 0
        assert mebibytes(resources["limits"]["memory"]) > busy + reading


def figures(name: str) -> tuple[float, float]:
    """Memory at rest and at most, MB, as the guide's table says that it was measured."""
    row = re.search(rf"^\| {name.removeprefix('beatlens-')} \| (\d+) \| (\d+) \|", GUIDE, re.MULTILINE)
    assert row, name
    return float(row[1]), float(row[2])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_get_the_time_to_end_that_they_take(overlay: str) -> None:
    told = environment(overlay, SERVER)
    grace = pods(overlay)[SERVER]["spec"]["terminationGracePeriodSeconds"]
    assert grace > float(told["BEATLENS_DRAIN_SECONDS"]) + float(told["BEATLENS_GRACE_SECONDS"])
    assert pods(overlay)[PORTAL]["spec"]["terminationGracePeriodSeconds"] > 5 + 30  # preStop, gunicorn's own time
    worker = re.search(r'"BEATLENS_INFERENCE_WORKER_TIMEOUT", default=([\d.]+)', base_settings())
    assert worker
    assert pods(overlay)[WORKER]["spec"]["terminationGracePeriodSeconds"] > float(worker[1])


def base_settings() -> str:
    return (ROOT / "webportal/settings/base.py").read_text()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_are_named_and_never_here(overlay: str) -> None:
    assert not of_kind(overlay, "Secret")
    named = set(references(list(documents(overlay))))
    for kind, name in named - {("Secret", name) for kind, name in named if kind == "Secret"}:
        assert name in of_kind(overlay, kind)
    for kind, name in named:
        if kind == "Secret":  # the guide says once what is in it
            assert len(re.findall(rf"^\| `{name}` \|", GUIDE, re.MULTILINE)) == 1, name
    told = {name for runs in pods(overlay) for name in environment(overlay, runs)}
    assert not told & {"BEATLENS_SECRET_KEY", "BEATLENS_DATABASE_URL", "BEATLENS_INFERENCE_TOKEN"}
    text = "".join(path.read_text() for path in KUBERNETES.rglob("*.yaml"))
    assert "PRIVATE KEY" not in text
    assert "postgres://" not in text


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_reaches_anything_that_is_not_named(overlay: str) -> None:
    policies = {name: policy["spec"] for name, policy in of_kind(overlay, "NetworkPolicy").items()}
    assert policies["beatlens-nobody"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    callers = {"matchLabels": {"beatlens/caller": "true"}}
    assert policies[SERVER]["ingress"] == [
        {"from": [{"podSelector": callers}], "ports": [{"protocol": "TCP", "port": 50051}]}
    ]
    calling = {name for name, pod in pods(overlay).items() if "beatlens/caller" in pod["metadata"]["labels"]}
    assert calling == {PORTAL, WORKER, RECORDING_WORKER}
    outside = "beatlens-portal-outside" in policies
    assert outside == (overlay == "production")
    # What is counted is for the monitoring alone, and never part of a service.
    for policy in policies.values():
        for rule in policy.get("ingress", ()):
            if {port["port"] for port in rule["ports"]} & {9464, 9465}:
                assert rule["from"] == [
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
                ]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_node_that_goes_takes_no_more_than_one(overlay: str) -> None:
    budgets = of_kind(overlay, "PodDisruptionBudget")
    assert set(budgets) == {SERVER, PORTAL, WORKER, RECORDING_WORKER}
    for name, budget in budgets.items():
        labels = pods(overlay)[name]["metadata"]["labels"]
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert of_kind(overlay, "Deployment")[name]["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_servers_are_added_by_calls_in_flight() -> None:
    from inference_server.rpc.metrics import Metrics

    (scaler,) = of_kind("production", "HorizontalPodAutoscaler").values()
    assert not of_kind("laptop", "HorizontalPodAutoscaler")
    assert scaler["spec"]["scaleTargetRef"]["name"] == SERVER
    name = next(each["pods"]["metric"]["name"] for each in scaler["spec"]["metrics"] if each["type"] == "Pods")
    assert Metrics().registry.get_sample_value(name) == 0
    # Who scales says how many; a manifest that said so too would undo it.
    assert "replicas" not in of_kind("production", "Deployment")[SERVER]["spec"]
    assert scaler["spec"]["minReplicas"] == 2


def differences(before: Any, after: Any, path: str = "") -> dict[str, Any]:
    """What is at which place in ``after`` and not in ``before``; None where it was taken away."""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return {} if before == after else {path: after}
    found: dict[str, Any] = {}
    for key in {*before, *after}:
        found |= differences(before.get(key), after.get(key), f"{path}/{key}")
    return found


NAMED = {
    "laptop": {
        "Namespace/beatlens",
        "PersistentVolumeClaim/beatlens-media",
        f"ConfigMap/{PORTAL}/data/BEATLENS_TRUSTED_ORIGINS",
        f"ConfigMap/{PORTAL}/data/BEATLENS_SSL_REDIRECT",
        f"ConfigMap/{PORTAL}/data/BEATLENS_TRIAL",
        *(f"Deployment/{name}/spec/replicas" for name in (SERVER, PORTAL, WORKER, RECORDING_WORKER)),
        *(
            f"Deployment/{name}/spec/template/spec/containers/0/resources/requests/cpu"
            for name in (SERVER, PORTAL, WORKER, RECORDING_WORKER)
        ),
    },
    "production": {
        "Namespace/beatlens",
        *(f"ConfigMap/{PORTAL}/data/BEATLENS_MEDIA_S3_{name}" for name in ("BUCKET", "ENDPOINT", "REGION")),
        "NetworkPolicy/beatlens-bucket",
        *(f"Deployment/{name}/spec/template/spec/volumes" for name in (PORTAL, WORKER, RECORDING_WORKER)),
        *(
            f"Deployment/{name}/spec/template/spec/containers/0/volumeMounts"
            for name in (PORTAL, WORKER, RECORDING_WORKER)
        ),
        f"Ingress/{PORTAL}",
        "NetworkPolicy/beatlens-portal-outside",
        f"HorizontalPodAutoscaler/{SERVER}",
        f"ConfigMap/{PORTAL}/data/BEATLENS_ALLOWED_HOSTS",
        f"ConfigMap/{PORTAL}/data/BEATLENS_BEHIND_PROXY",
        f"ConfigMap/{PORTAL}/data/BEATLENS_TRUSTED_PROXIES",
        *(f"Deployment/{name}/spec/replicas" for name in (PORTAL, WORKER, RECORDING_WORKER)),
        *(
            f"Deployment/{name}/spec/template/spec/containers/0/image"
            for name in (SERVER, PORTAL, WORKER, RECORDING_WORKER)
        ),
        f"Job/{MIGRATION}/spec/template/spec/containers/0/image",
    },
}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_differs_from_the_base_only_where_it_says(overlay: str) -> None:
    def by_name(documents: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
        return {f"{each['kind']}/{each['metadata']['name']}": each for each in documents}

    found = set(differences(by_name(documents("base")), by_name(documents(overlay))))
    assert {path.removeprefix("/") for path in found if not path.endswith("/metadata/namespace")} == NAMED[overlay]


def test_portal_and_nginx_agree_how_much_may_be_sent() -> None:
    assert "161 MiB" in (KUBERNETES / "overlays/production/portal-outside.yaml").read_text()
    assert '"BEATLENS_REQUEST_MAX_MIB", default=161' in base_settings()


def test_every_file_is_used() -> None:
    for kustomization in KUBERNETES.rglob("kustomization.yaml"):
        named = yaml.safe_load(kustomization.read_text())
        used = {*named["resources"], *(patch["path"] for patch in named.get("patches", ()))}
        there = {path.name for path in kustomization.parent.glob("*.yaml")} - {"kustomization.yaml"}
        assert there <= used
