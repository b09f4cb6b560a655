"""Publishing in IBM watsonx.ai, by IBM's client against a double of the REST calls that IBM documents.

https://cloud.ibm.com/apidocs/machine-learning and https://cloud.ibm.com/apidocs/iam-identity-token-api. The double
stands where the client's transport would open a connection: everything above is IBM's own, its repetitions included.
"""

from __future__ import annotations

import base64
import io
import json
import os
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.inference_server.tiny_models import write_model
from training.publishing import watsonx
from training.publishing.watsonx import PublishingError

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {
    "WATSONX_URL": "https://us-south.ml.cloud.ibm.com",
    "WATSONX_APIKEY": "a-key",
    "WATSONX_SPACE_ID": str(uuid.UUID(int=1)),
}
MODEL, DEPLOYMENT = str(uuid.UUID(int=2)), str(uuid.UUID(int=3))
PREDICTIONS = [{"id": "probabilities", "values": [[0.9, 0.1]]}]


def without_the_client() -> str:
    """Why these tests can't run; fails where they may not be left out."""
    try:
        import ibm_watsonx_ai  # noqa: F401
    except ImportError:
        if os.environ.get("BEATLENS_REQUIRE_WATSONX") == "1":
            raise
        return "needs IBM's client: make test-watsonx"
    return ""


needs_the_client = pytest.mark.skipif(bool(why := without_the_client()), reason=why or "it is there")
pytestmark = pytest.mark.filterwarnings("default")


class Double:
    """IBM's services, as far as publishing asks them."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sent: dict[str, tuple[Any, bytes]] = {}
        """Parameters and body of the last call of each kind."""
        self.tokens = 0
        self.expired = 0
        """Tokens up to this one are no longer believed."""
        self.expires_at = ""
        """The call at which the token of the time expires."""
        self.broken: dict[str, Callable[[], Any]] = {}
        """What comes instead of the answer to a call, or is raised."""

    def handle(self, request: Any) -> Any:
        """In place of ``httpx.HTTPTransport.handle_request``."""
        import httpx

        call = f"{request.method} {request.url.path.replace(MODEL, 'MODEL').replace(DEPLOYMENT, 'DEPLOYMENT')}"
        self.calls.append(call)
        if call == self.expires_at:
            self.expires_at, self.expired = "", self.tokens
        if call in self.broken:
            return self.broken[call]()
        if call != "POST /identity/token":
            number = int(request.headers["authorization"].rpartition(".")[2])
            if number <= self.expired:
                error = {"code": "authentication_token_expired", "message": "The token is expired."}
                return httpx.Response(401, json={"errors": [error]})
        self.sent[call] = request.url.params, request.read()
        status, said = self.answer(call)
        return httpx.Response(status, json=said)

    def answer(self, call: str) -> tuple[int, Any]:
        if call == "POST /identity/token":
            self.tokens += 1
            claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + 3600}).encode()).decode().rstrip("=")
            return 200, {"access_token": f"{claims}.{claims}.{self.tokens}", "expires_in": 3600}
        compute = [{"crn": "crn:v1:bluemix:public:pm-20:us-south:a/1:2::", "guid": "2", "type": "machine_learning"}]
        software = {"metadata": {"asset_id": "software"}, "entity": {}}
        said = {
            f"GET /v2/spaces/{ENVIRONMENT['WATSONX_SPACE_ID']}": (200, {"entity": {"name": "s", "compute": compute}}),
            "GET /v2/software_specifications": (200, {"total_results": 1, "resources": [software]}),
            "POST /ml/v4/models": (201, {"metadata": {"id": MODEL}, "entity": {}}),
            "PUT /ml/v4/models/MODEL/content": (201, {"attachment_id": "content"}),
            "GET /ml/v4/models/MODEL": (200, {"metadata": {"id": MODEL}, "entity": {"type": "onnxruntime_1.16"}}),
            "POST /ml/v4/deployments": (202, self.deployment("initializing")),
            "GET /ml/v4/deployments/DEPLOYMENT": (200, self.deployment("ready")),
            "POST /ml/v4/deployments/DEPLOYMENT/predictions": (200, {"predictions": PREDICTIONS}),
        }
        return said.get(call, (404, {"errors": [{"code": "not_found", "message": f"There is no {call}."}]}))

    @staticmethod
    def deployment(state: str) -> dict[str, Any]:
        return {"metadata": {"id": DEPLOYMENT}, "entity": {"status": {"state": state}, "asset": {"id": MODEL}}}


@pytest.fixture
def ibm(monkeypatch: pytest.MonkeyPatch) -> Double:
    import httpx

    double = Double()
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _transport, request: double.handle(request))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return double


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return write_model(tmp_path / "models")


@pytest.fixture
def picture() -> bytes:
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((192, 128)).save(drawn, "PNG")
    return drawn.getvalue()


def refused(status: int, code: str, message: str) -> Callable[[], Any]:
    import httpx

    return lambda: httpx.Response(status, json={"errors": [{"code": code, "message": message}]})


def lost() -> Any:
    import httpx

    raise httpx.ConnectError("Connection reset by peer")


def test_trees_that_ibm_s_runtime_does_not_know_are_not_stored() -> None:
    served = max((ROOT / "models" / "arrhythmia").glob("[1-9]*"), key=lambda folder: int(folder.name))
    picture = next((ROOT / "samples" / "PVC").glob("*.png")).read_bytes()
    with pytest.raises(PublishingError, match=r"nothing was stored.*publish portable"):
        watsonx.publish({}, served, picture)


@needs_the_client
def test_it_is_stored_deployed_and_asked(ibm: Double, version: Path, picture: bytes) -> None:
    published = watsonx.publish(ENVIRONMENT, version, picture)
    assert (published.model_id, published.deployment_id) == (MODEL, DEPLOYMENT)
    assert published.predictions == PREDICTIONS
    assert b"apikey=a-key" in ibm.sent["POST /identity/token"][1]
    assert ibm.sent["GET /v2/software_specifications"][0]["name"] == "onnxruntime_opset_19"
    about = json.loads(ibm.sent["POST /ml/v4/models"][1])
    assert (about["type"], about["software_spec"]) == ("onnxruntime_1.16", {"id": "software"})
    assert json.loads(ibm.sent["POST /ml/v4/deployments"][1])["asset"] == {"id": MODEL}
    with zipfile.ZipFile(io.BytesIO(ibm.sent["PUT /ml/v4/models/MODEL/content"][1])) as archive:
        assert archive.namelist() == ["model.onnx"]
        assert archive.read("model.onnx") == (version / "model.onnx").read_bytes()
    (asked,) = json.loads(ibm.sent["POST /ml/v4/deployments/DEPLOYMENT/predictions"][1])["input_data"]
    (pixels,) = asked["values"]
    assert all(0 <= value <= 255 for row in pixels for (value,) in row)


@needs_the_client
def test_a_token_that_has_expired_is_renewed(ibm: Double, version: Path, picture: bytes) -> None:
    ibm.expires_at = "POST /ml/v4/deployments"
    assert watsonx.publish(ENVIRONMENT, version, picture).predictions == PREDICTIONS
    assert (ibm.tokens, ibm.expired) == (2, 1)
    assert ibm.calls.count("POST /ml/v4/models") == 1


@needs_the_client
def test_a_token_that_is_never_believed_is_an_error(ibm: Double, version: Path, picture: bytes) -> None:
    ibm.broken["POST /ml/v4/models"] = refused(401, "authentication_token_not_valid", "The token is not valid.")
    with pytest.raises(PublishingError, match=r"Storing failed: The token is not valid\."):
        watsonx.publish(ENVIRONMENT, version, picture)
    assert ibm.tokens == 2


@needs_the_client
def test_a_key_that_is_not_known_is_said(ibm: Double) -> None:
    ibm.broken["POST /identity/token"] = refused(400, "BXNIM0415E", "Provided API key could not be found.")
    with pytest.raises(PublishingError, match="Logging in failed; nothing was stored"):
        watsonx.connect(ENVIRONMENT)


@needs_the_client
def test_beyond_the_quota_it_says_where_it_is_and_goes_on_from_there(
    ibm: Double, version: Path, picture: bytes
) -> None:
    quota = refused(403, "deployment_quota_exceeded", "The plan allows no more deployments.")
    ibm.broken["POST /ml/v4/deployments"] = quota
    with pytest.raises(PublishingError, match=f"stored as {MODEL}.*--stored {MODEL}.*allows no more deployments"):
        watsonx.publish(ENVIRONMENT, version, picture)
    ibm.broken.clear()
    assert watsonx.publish(ENVIRONMENT, version, picture, stored=MODEL).deployment_id == DEPLOYMENT
    assert ibm.calls.count("PUT /ml/v4/models/MODEL/content") == 1


@needs_the_client
@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("PUT /ml/v4/models/MODEL/content", "Storing failed"),
        ("POST /ml/v4/deployments", f"It is stored as {MODEL}, but deploying failed"),
        ("POST /ml/v4/deployments/DEPLOYMENT/predictions", f"deployed as {DEPLOYMENT}, but did not answer"),
    ],
)
def test_a_connection_that_is_lost_is_one_line(
    call: str, says: str, ibm: Double, version: Path, picture: bytes
) -> None:
    ibm.broken[call] = lost
    with pytest.raises(PublishingError, match=says) as caught:
        watsonx.publish(ENVIRONMENT, version, picture)
    assert len(str(caught.value).splitlines()) == 1


def test_credentials_come_from_the_environment_alone() -> None:
    with pytest.raises(PublishingError, match=r"Set WATSONX_APIKEY, WATSONX_SPACE_ID in the environment\."):
        watsonx.connect({"WATSONX_URL": ENVIRONMENT["WATSONX_URL"]})


@pytest.mark.skipif(not why, reason="IBM's client is there")
def test_without_the_client_it_says_where_it_is() -> None:
    with pytest.raises(PublishingError, match=r"requirements/watsonx\.lock"):
        watsonx.connect(ENVIRONMENT)
