"""Closed by default: plain text on loopback only, TLS and proof of identity elsewhere."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc

from inference_server.client import ArrhythmiaClient, CallFailed, ServerUnavailable
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.rpc.listening import NotProtected, check_protection, is_loopback
from inference_server.runtime.settings import Settings
from inference_server.runtime.tokens import Scope, TokenStore
from tests.inference_server.environment import bare
from tests.inference_server.pictures import picture
from tests.inference_server.server_process import ServerProcess, running_server


@pytest.mark.parametrize(
    ("listen", "loopback"),
    [
        ("127.0.0.1:1", True),
        ("127.8.0.1:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("192.168.1.5:1", False),
        ("beatlens.internal:1", False),
    ],
)
def test_what_is_loopback(listen: str, loopback: bool) -> None:
    assert is_loopback(listen) is loopback


FILES: dict[str, Any] = {name: Path(f"/{name}") for name in ("tls_certificate", "tls_key", "tls_client_ca", "tokens")}


@pytest.mark.parametrize(
    ("listen", "given", "missing"),
    [
        ("0.0.0.0:1", [], "plain text would cross"),
        ("0.0.0.0:1", ["tokens"], "plain text would cross"),
        ("0.0.0.0:1", ["tls_certificate", "tls_key"], "anybody could call"),
        ("127.0.0.1:1", ["tls_certificate"], "go together"),
        ("127.0.0.1:1", ["tls_client_ca"], "BEATLENS_TLS_CLIENT_CA needs"),
    ],
)
def test_what_would_be_exposed_does_not_start(listen: str, given: list[str], missing: str) -> None:
    with pytest.raises(NotProtected, match=missing):
        check_protection(Settings(listen=listen, **{name: FILES[name] for name in given}))


@pytest.mark.parametrize(
    ("listen", "given"),
    [
        ("127.0.0.1:1", []),
        ("0.0.0.0:1", ["tls_certificate", "tls_key", "tokens"]),
        ("0.0.0.0:1", ["tls_certificate", "tls_key", "tls_client_ca"]),
    ],
)
def test_what_is_protected_starts(listen: str, given: list[str]) -> None:
    check_protection(Settings(listen=listen, **{name: FILES[name] for name in given}))


def test_a_trusted_network_may_be_declared() -> None:
    check_protection(Settings(listen="0.0.0.0:1", trusted_network=True))


def test_the_refusal_is_one_line_and_exit_code_1(models: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "inference_server"],
        env=bare(BEATLENS_LISTEN="0.0.0.0:0", BEATLENS_MODELS=str(models)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("0.0.0.0:0 is not on loopback")
    assert len(ran.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(folder / "chain.pem", append=number > 0)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return {"tls_certificate": folder / "chain.pem", "tls_key": folder / "key.pem"}


@pytest.fixture
def guarded(models: Path, tmp_path: Path) -> Iterator[tuple[ServerProcess, TokenStore]]:
    store = TokenStore(tmp_path / "tokens.json")
    store.create("other", [Scope.MODELS_WRITE])
    with running_server(models, tokens=tmp_path / "tokens.json") as process:
        process.wait_for("serving")
        yield process, store


def test_with_tokens_set_a_call_needs_one(guarded: tuple[ServerProcess, TokenStore]) -> None:
    server, store = guarded
    for token in (None, "beatlens_wrong"):
        with ArrhythmiaClient(server.address, timeout=30, token=token) as client:
            for call in (lambda client=client: client.classify(picture()), client.get_model, client.list_models):
                with pytest.raises(CallFailed) as caught:
                    call()
                assert (caught.value.code, caught.value.reason) == ("UNAUTHENTICATED", "TOKEN_REFUSED")
            assert client.is_serving(timeout=10)  # probes have no token
    time.sleep(1.1)  # the server looks at the file once a second
    with ArrhythmiaClient(server.address, timeout=30, token=store.create("archive", [Scope.CLASSIFY])) as client:
        time.sleep(1.1)
        assert client.classify(picture()).beat_class.short == "PVC"
        assert len(list(client.classify_stream([("", picture())]))) == 1


def test_a_token_needs_the_scope(models: Path, tmp_path: Path) -> None:
    secret = TokenStore(tmp_path / "tokens.json").create("operator", [Scope.MODELS_WRITE])
    with (
        running_server(models, tokens=tmp_path / "tokens.json") as process,
        ArrhythmiaClient(process.address, timeout=30, token=secret) as client,
    ):
        process.wait_for("serving")
        with pytest.raises(CallFailed) as caught:
            client.classify(picture())
        assert (caught.value.code, caught.value.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")


def test_a_token_has_a_rate(models: Path, tmp_path: Path) -> None:
    secret = TokenStore(tmp_path / "tokens.json").create("slow", [Scope.CLASSIFY], calls_per_second=0.1)
    with (
        running_server(models, tokens=tmp_path / "tokens.json") as process,
        ArrhythmiaClient(process.address, timeout=30, token=secret) as client,
    ):
        process.wait_for("serving")
        client.get_model()
        with pytest.raises(ServerUnavailable, match="too many") as caught:
            client.get_model()
        assert caught.value.retry_after is not None
        assert 1 < caught.value.retry_after <= 10


def test_a_folder_is_classified_at_the_rate_of_the_token(models: Path, tmp_path: Path) -> None:
    secret = TokenStore(tmp_path / "tokens.json").create("archive", [Scope.CLASSIFY], calls_per_second=4)
    folder = tmp_path / "beats"
    folder.mkdir()
    for number in range(14):
        (folder / f"{number:02}.png").write_bytes(picture(number % 7))
    with running_server(models, tokens=tmp_path / "tokens.json") as process:
        process.wait_for("serving")
        command = ["classify", "--json", "--address", process.address, "--token", secret, str(folder)]
        ran = subprocess.run(
            [sys.executable, "-m", "inference_server", *command], capture_output=True, text=True, timeout=120
        )
        process.stop()
        refused = sum(entry.get("reason") == "RATE_EXCEEDED" for entry in process.logs)
    assert ran.returncode == 0, ran.stdout
    assert len(ran.stdout.splitlines()) == 14
    assert refused > 0


def test_tls(models: Path, authority: trustme.CA, certificate: dict[str, Path]) -> None:
    trust = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with running_server(models, **certificate) as process:
        process.wait_for("serving")
        with ArrhythmiaClient(process.address, timeout=30, credentials=trust) as client:
            assert client.classify(picture()).beat_class.short == "PVC"
        with ArrhythmiaClient(process.address) as plain, pytest.raises(ServerUnavailable):
            plain.classify(picture(), timeout=2)


def test_mutual_tls(models: Path, authority: trustme.CA, certificate: dict[str, Path]) -> None:
    own = authority.issue_cert("archive@beatlens.internal")
    stranger = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    known = grpc.ssl_channel_credentials(
        authority.cert_pem.bytes(),
        own.private_key_pem.bytes(),
        b"".join(certificate.bytes() for certificate in own.cert_chain_pems),
    )
    ca = certificate["tls_key"].with_name("ca.pem")
    with running_server(models, **certificate, tls_client_ca=ca) as process:
        process.wait_for("serving")
        with ArrhythmiaClient(process.address, timeout=30, credentials=known) as client:
            assert client.classify(picture()).beat_class.short == "PVC"
        with (
            ArrhythmiaClient(process.address, credentials=stranger) as client,
            pytest.raises(ServerUnavailable),
        ):
            client.classify(picture(), timeout=2)


def test_a_key_that_can_not_be_read_is_said(models: Path, certificate: dict[str, Path]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "inference_server"],
        env=bare(
            BEATLENS_LISTEN="127.0.0.1:0",
            BEATLENS_MODELS=str(models),
            BEATLENS_TLS_CERTIFICATE=str(certificate["tls_certificate"]),
            BEATLENS_TLS_KEY="/nowhere/key.pem",
        ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert ran.stderr == "/nowhere/key.pem can't be read: No such file or directory.\n"


def test_the_command_line_sends_token_and_trusts_the_authority(
    models: Path, authority: trustme.CA, certificate: dict[str, Path], tmp_path: Path
) -> None:
    secret = TokenStore(tmp_path / "tokens.json").create("archive", [Scope.CLASSIFY])
    (tmp_path / "beat.png").write_bytes(picture(4))
    with running_server(models, **certificate, tokens=tmp_path / "tokens.json") as process:
        process.wait_for("serving")
        ca = str(certificate["tls_key"].with_name("ca.pem"))
        command = [sys.executable, "-m", "inference_server", "classify", str(tmp_path / "beat.png"), "--json"]
        ran = subprocess.run(
            [*command, "--address", process.address, "--tls-ca", ca],
            env=bare(BEATLENS_TOKEN=secret),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ran.returncode == 0, ran.stderr
    assert '"class": "PVC"' in ran.stdout


def test_health_needs_no_token_but_reflection_does(guarded: tuple[ServerProcess, TokenStore]) -> None:
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    server, _ = guarded
    with grpc.insecure_channel(server.address) as channel:
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        listing = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=10
        )
        with pytest.raises(grpc.RpcError) as caught:
            next(listing)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.RpcError):
            arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel).ListModels(pb.ListModelsRequest(), timeout=10)
