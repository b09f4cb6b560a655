"""A version of a model in IBM watsonx.ai: stored, deployed and asked once, by IBM's own client.

The client renews a token before it expires, and repeats a call that a server could not answer (its transport does); a
token that is refused before its time is renewed here. What goes wrong all the same is one line that says how far it
came and how to go on from there.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from ecg.pictures.canonical import Pixels
from inference_server.models.onnx_model import OnnxModel
from training import TrainingError

Result = TypeVar("Result")

SOFTWARE: Final = "onnxruntime_opset_19"
"""IBM's runtime for ONNX files of up to that opset."""
TYPE: Final = "onnxruntime_1.16"
"""The kind of model that the runtime takes."""

#: An operation that the runtime doesn't know, as ONNX files name it.
_UNKNOWN_TO_IT: Final = b'"\x0cTreeEnsemble'

#: What must be in the environment, and nowhere else.
VARIABLES: Final = ("WATSONX_URL", "WATSONX_APIKEY", "WATSONX_SPACE_ID")

#: How the client says that the service did not believe the token: not every call of it keeps the answer.
_UNAUTHORIZED: Final = re.compile(r"(?:Error|Status code): 401\b")


class PublishingError(TrainingError):
    """It could not be published; ``str(error)`` says how far it came."""


class _TokenRefused(PublishingError):  # noqa: N818 - reads as what happened
    """The token of the session is not, or no longer, believed."""


@dataclass(frozen=True, slots=True)
class Published:
    """Where a model is now."""

    model_id: str
    deployment_id: str
    predictions: list[dict[str, Any]]
    """What the deployment said of the picture, as IBM's service sends it."""


def connect(environment: Mapping[str, str]) -> Any:
    """IBM's client for the account and the deployment space that the environment names.

    Raises:
        PublishingError: a variable or the client is missing, or IBM does not know the key or the space.
    """
    if missing := [name for name in VARIABLES if not environment.get(name)]:
        raise PublishingError(f"Set {', '.join(missing)} in the environment.")
    try:
        from ibm_watsonx_ai import APIClient, Credentials
    except ImportError as error:
        raise PublishingError(
            "IBM's client is missing. It has an environment of its own: "
            "pip install --require-hashes -r requirements/watsonx.lock"
        ) from error
    url, key, space = (environment[name] for name in VARIABLES)
    with _said("Logging in failed; nothing was stored"):
        return APIClient(Credentials(url=url, api_key=key), space_id=space)


def publish(account: Mapping[str, str], folder: Path, picture: bytes, *, stored: str | None = None) -> Published:
    """Store the version in ``folder``, deploy it and have it look at ``picture``.

    ``account`` is the environment, see :func:`connect`. ``stored`` is the id under which an earlier attempt has stored
    it.

    Raises:
        ModelError: the folder holds no version that can be served.
        PublishingError: see there.
        ImageError: the picture can't be used.
    """
    model = OnnxModel.load(folder)
    pixels = model.input.view(picture).pixels
    name = f"{model.info.name} {model.info.version}"
    if stored is None and _UNKNOWN_TO_IT in (folder / "model.onnx").read_bytes():
        raise PublishingError(
            f"IBM's runtime doesn't know the trees in {folder}; nothing was stored. "
            f"Publish what `python -m training publish portable {folder} OUT` writes."
        )
    session = _Session(account)
    if stored is None:
        software = session.step(
            "Storing failed", lambda client: client.software_specifications.get_id_by_name(SOFTWARE)
        )
        stored = session.step("Storing failed", lambda client: _store(client, folder, name, software))
    deployment = session.step(
        f"It is stored as {stored}, but deploying failed; go on with --stored {stored}",
        lambda client: _deploy(client, stored, name),
    )
    predictions = session.step(
        f"It is stored as {stored} and deployed as {deployment}, but did not answer",
        lambda client: _score(client, deployment, pixels),
    )
    return Published(stored, deployment, predictions)


class _Session:
    """The client, and another one once the first one's token is no longer believed."""

    def __init__(self, account: Mapping[str, str]) -> None:
        self._account = account
        self._client = connect(account)

    def step(self, context: str, work: Callable[[Any], Result]) -> Result:
        """Do a part of the work; once more with a new token where the first is refused."""
        try:
            with _said(context):
                return work(self._client)
        except _TokenRefused:
            self._client = connect(self._account)
            with _said(context):
                return work(self._client)


def _store(client: Any, folder: Path, name: str, software: str) -> str:
    names = client.repository.ModelMetaNames
    about = {names.NAME: name, names.TYPE: TYPE, names.SOFTWARE_SPEC_ID: software}
    with tempfile.TemporaryDirectory() as temporary:
        packed = Path(temporary) / "model.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / "model.onnx", "model.onnx")
        return str(client.repository.get_model_id(client.repository.store_model(str(packed), meta_props=about)))


def _deploy(client: Any, stored: str, name: str) -> str:
    names = client.deployments.ConfigurationMetaNames
    deployment = client.deployments.create(stored, meta_props={names.NAME: name, names.ONLINE: {}})
    return str(client.deployments.get_id(deployment))


def _score(client: Any, deployment: str, pixels: Pixels) -> list[dict[str, Any]]:
    asked = {client.deployments.ScoringMetaNames.INPUT_DATA: [{"values": [pixels.tolist()]}]}
    answer: list[dict[str, Any]] = client.deployments.score(deployment, asked)["predictions"]
    return answer


@contextlib.contextmanager
def _said(context: str) -> Iterator[None]:
    """Errors of the client and of the way to it as ours, without what the client prints meanwhile."""
    import httpx
    from ibm_watsonx_ai.wml_client_error import WMLClientError

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except WMLClientError as error:
        text = str(error)
        kind = _TokenRefused if _UNAUTHORIZED.search(text) else PublishingError
        raise kind(f"{context}: {_reasons(text)}.") from error
    except httpx.HTTPError as error:
        raise PublishingError(f"{context}: the connection broke ({type(error).__name__}).") from error


def _reasons(text: str) -> str:
    """What IBM's service says is wrong: the message of each of its ``errors``; otherwise the client's first line."""
    begin = text.find('{"errors"')
    try:
        errors = json.JSONDecoder().raw_decode(text[begin:])[0]["errors"] if begin >= 0 else []
        messages = [str(error["message"]).rstrip(".") for error in errors]
    except (ValueError, KeyError, TypeError):
        messages = []
    return "; ".join(messages) or text.partition("\n")[0].rstrip(".")
