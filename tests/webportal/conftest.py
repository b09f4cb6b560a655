"""A real gRPC server at the far side of the portal's client, answering as each test says; people; pictures."""

from __future__ import annotations

import io
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright
from pytest_django.fixtures import Settings

from inference_server.classification import (
    BeatClass,
    Classification,
    LeadKnowledge,
    ModelInfo,
    NotABeat,
    Trace,
    Verdict,
    messages,
)
from inference_server.client import SERVICE
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from webportal.accounts.models import REVIEWERS, User
from webportal.analyses.intake.uploads import create_upload
from webportal.analyses.models import Analysis

CLASSES = tuple(
    BeatClass(short, name)
    for short, name in (
        ("NORMAL", "Normal"),
        ("PVC", "Premature Ventricular Contraction"),
        ("PACED", "Paced"),
        ("ESCAPE", "Ventricular Escape"),  # a class that the portal has no page about
    )
)


def answer(
    short: str = "PVC",
    *,
    probability: float = 0.97,
    verdict: Verdict = Verdict.CONFIDENT,
    plausible: tuple[str, ...] = (),
    reason: NotABeat | None = None,
    beats: int = 0,
) -> Classification:
    """An answer whose most probable class is ``short``."""
    rest = (1 - probability) / (len(CLASSES) - 1)
    by_short = {c.short: c for c in CLASSES}
    return Classification(
        beat_class=by_short[short],
        probability=probability,
        probabilities=tuple((c, probability if c.short == short else rest) for c in CLASSES),
        verdict=verdict,
        prediction_set=tuple(by_short[name] for name in plausible or (short,)),
        model_name="arrhythmia",
        model_version="7",
        reason=reason,
        beats=beats,
    )


def always(said: Classification, _data: bytes) -> Classification:
    """``said`` to whatever picture."""
    return said


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """Answer INVALID_ARGUMENT with this reason."""


class FarSide(arrhythmia_pb2_grpc.ArrhythmiaServiceServicer):
    """The inference server as the portal sees it. ``respond`` is what a test wants it to say."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.address = ""
        self.health = health.HealthServicer()
        self.reset()

    def reset(self) -> None:
        self.calls: list[bytes] = []
        self.leads: list[str] = []
        """Those that were named, one a call; empty where none was."""
        self.knowledge = LeadKnowledge.LEARNED
        """What is known of whatever lead is named."""
        self.explained: list[str] = []
        self.respond: Callable[[bytes], Classification] = lambda _data: answer()
        self.crash = False
        self.model: dict[str, Any] = {}
        """What its model's description says otherwise."""
        self.trace: Trace | None = None
        """What is read of every picture."""
        self.up()

    def up(self) -> None:
        self.is_up = True
        self.health.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)

    def down(self) -> None:
        self.is_up = False
        self.health.set(SERVICE, health_pb2.HealthCheckResponse.NOT_SERVING)

    def ClassifyImage(self, request: pb.ClassifyImageRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        if not self.is_up or self.crash:
            context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        with self.lock:
            self.calls.append(request.image)
            self.leads.append(request.lead)
        try:
            said = self.respond(request.image)
            if request.lead:
                said = replace(said, lead=request.lead, lead_knowledge=self.knowledge)
            return pb.ClassifyImageResponse(classification=messages.to_classification(said))
        except Refusal as refusal:
            detail = any_pb2.Any()
            detail.Pack(error_details_pb2.ErrorInfo(reason=str(refusal), domain="beatlens"))
            status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="Refused.", details=[detail])
            context.abort_with_status(rpc_status.to_status(status))
            raise  # never: the line above has raised

    def ExplainImage(self, request: pb.ExplainImageRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        if not self.is_up:
            context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        if request.model_version != "7":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such version")
        with self.lock:
            self.explained.append(request.beat_class)
        grey = io.BytesIO()
        Image.linear_gradient("L").resize((192, 128)).save(grey, "PNG")  # the lower, the stronger
        return pb.ExplainImageResponse(
            explained_class=pb.BeatClass(short_name=request.beat_class),
            saliency=pb.SaliencyMap(rows=1, columns=1, values=[1.0], png=grey.getvalue()),
            trace=None if self.trace is None else messages.to_trace(self.trace),
        )

    def GetModel(self, request: pb.GetModelRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        if not self.is_up:
            context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        info = ModelInfo(
            name="arrhythmia",
            version="7",
            classes=CLASSES,
            input_height=128,
            input_width=192,
            digest="0" * 64,
            training_run="test",
            scores={
                "inter-patient/accuracy": 0.698,
                "beats-10fold/accuracy": 0.9856,
                "inter-patient/PVC/sensitivity": 0.8061,
                "inter-patient/PVC/positive_predictivity": 0.836,
                "inter-patient/PVC/beats": 3383.0,
                "inter-patient/PVC/people": 18.0,
            },
            licence_notice="",
            reads_ink=True,
        )
        return pb.GetModelResponse(model=messages.to_model(replace(info, **self.model)))


@pytest.fixture(scope="session")
def _far_side() -> Iterator[FarSide]:
    far_side = FarSide()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    arrhythmia_pb2_grpc.add_ArrhythmiaServiceServicer_to_server(far_side, server)
    health_pb2_grpc.add_HealthServicer_to_server(far_side.health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    far_side.address = f"127.0.0.1:{port}"
    server.start()
    yield far_side
    server.stop(None).wait()


@pytest.fixture
def far_side(_far_side: FarSide, settings: Settings) -> FarSide:
    """The portal's inference server: up, and calling everything a PVC until told otherwise."""
    _far_side.reset()
    settings.INFERENCE_ADDRESS = _far_side.address
    # Impatient, so that tests of an absent server don't wait for seconds.
    settings.INFERENCE_FAST_TIMEOUT = 2.0
    return _far_side


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    yield
    cache.clear()
    translation.deactivate()  # a page in another language leaves its thread in that language


def draw(size: tuple[int, int] = (192, 128), *, kind: str = "PNG", shift: int = 0, **options: object) -> bytes:
    """A picture of something like a beat, encoded."""
    image = Image.new("L", size, 255)
    width, height = size
    points = [(0, 0.6), (0.4, 0.6), (0.46, 0.7), (0.5, 0.1), (0.54, 0.85), (0.6, 0.6), (1, 0.6)]
    ImageDraw.Draw(image).line([(x * width + shift, y * height) for x, y in points], fill=80, width=2)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture
def png() -> bytes:
    return draw()


@pytest.fixture
def drawn() -> Callable[..., bytes]:
    return draw


@pytest.fixture
def answered() -> Callable[..., Classification]:
    return answer


@pytest.fixture
def refusal() -> type[Refusal]:
    return Refusal


@pytest.fixture
def make_user(db: None, django_user_model: type[User]) -> Callable[..., User]:
    def make(**fields: Any) -> User:
        name = fields.pop("username", f"user-{uuid.uuid4().hex[:8]}")
        return django_user_model.objects.create_user(
            username=name, email=fields.pop("email", f"{name}@example.org"), password="a-long-passphrase", **fields
        )

    return make


@pytest.fixture
def owner(make_user: Callable[..., User]) -> User:
    return make_user(username="owner-zzyzx")


@pytest.fixture
def other(make_user: Callable[..., User]) -> User:
    return make_user(username="other-zzyzx")


@pytest.fixture
def reviewer(make_user: Callable[..., User]) -> User:
    user = make_user(username="reviewer-zzyzx")
    user.groups.add(Group.objects.get_or_create(name=REVIEWERS)[0])
    return user


@pytest.fixture
def staff(make_user: Callable[..., User]) -> User:
    return make_user(username="staff-zzyzx", is_staff=True, is_superuser=True)


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner_client(owner: User) -> Client:
    return _logged_in(owner)


@pytest.fixture
def other_client(other: User) -> Client:
    return _logged_in(other)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return _logged_in(reviewer)


@pytest.fixture
def staff_client(staff: User) -> Client:
    return _logged_in(staff)


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """A folder of its own for the files of one test."""
    folder = tmp_path / "media"
    storage = {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder), "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    return folder


@pytest.fixture
def upload(owner: User, png: bytes) -> Callable[..., Analysis]:
    """Keep one picture of the owner's without asking the server; returns the queued analysis."""

    def keep(data: bytes = png, *, user: User = owner, **words: Any) -> Any:
        return create_upload(owner=user, data=data, **words)

    return keep


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """A browser for the tests of a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        # Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
