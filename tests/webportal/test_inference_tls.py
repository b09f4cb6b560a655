"""The portal reaches an inference server that speaks TLS and wants a token, and believes no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from inference_server.client import ServerUnavailable
from inference_server.runtime.tokens import Scope, TokenStore
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model
from webportal import inference
from webportal.settings.certificates import pem


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def guarded(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, str]]:
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "tls.key")
    issued.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    write_model(folder / "models")
    token = TokenStore(folder / "tokens.json").create("portal", [Scope.CLASSIFY])
    with running_server(
        folder / "models",
        workers=1,
        tokens=folder / "tokens.json",
        tls_certificate=folder / "tls.crt",
        tls_key=folder / "tls.key",
    ) as server:
        server.wait_for("serving")
        yield server, token


@pytest.fixture(autouse=True)
def _a_client_of_its_own() -> Iterator[None]:
    yield
    inference._client = inference._made_for = None


def test_with_its_authority_and_a_token_it_is_asked(
    guarded: tuple[ServerProcess, str], authority: trustme.CA, settings: pytest.FixtureRequest
) -> None:
    server, token = guarded
    settings.INFERENCE_ADDRESS, settings.INFERENCE_TOKEN = server.address, token  # type: ignore[attr-defined]
    settings.INFERENCE_CA = authority.cert_pem.bytes()  # type: ignore[attr-defined]
    assert inference.client().get_model(timeout=10).name == "arrhythmia"


@pytest.mark.parametrize("ca", [None, trustme.CA().cert_pem.bytes()], ids=["in plain text", "of another authority"])
def test_otherwise_it_is_not(
    ca: bytes | None, guarded: tuple[ServerProcess, str], settings: pytest.FixtureRequest
) -> None:
    server, token = guarded
    settings.INFERENCE_ADDRESS, settings.INFERENCE_TOKEN = server.address, token  # type: ignore[attr-defined]
    settings.INFERENCE_CA = ca  # type: ignore[attr-defined]
    with pytest.raises(ServerUnavailable):
        inference.client().get_model(timeout=2)


def test_a_certificate_that_is_not_there_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pem(Env(), "BEATLENS_INFERENCE_CA") is None
    path = tmp_path / "ca.crt"
    monkeypatch.setenv("BEATLENS_INFERENCE_CA", str(path))
    with pytest.raises(ImproperlyConfigured, match=r"ca.crt can't be read: No such file"):
        pem(Env(), "BEATLENS_INFERENCE_CA")
    path.write_bytes(b"PEM")
    assert pem(Env(), "BEATLENS_INFERENCE_CA") == b"PEM"
