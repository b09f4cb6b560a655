"""Strips and pages over the wire, with a real server that has no model for recordings."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from PIL import Image

from ecg.pictures.pages.corrections import Corrections, CorrectionsError
from ecg.pictures.pages.opening import read_picture
from ecg.pictures.pages.result import Basis, Kind
from inference_server.client import ArrhythmiaClient, AsyncArrhythmiaClient, ImageRefused
from inference_server.generated.ecg.v1 import digitization_pb2 as pb
from inference_server.generated.ecg.v1 import digitization_pb2_grpc
from tests.ecg.pictures.documents.printed import page
from tests.ecg.pictures.files import DATA
from tests.ecg.pictures.pages import drawn
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_page_models import BLUE, write_page_model

BEAT = sorted((Path(__file__).parents[3] / "samples" / "PVC").glob("*.png"))[0]


@pytest.fixture(scope="module")
def strip() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(drawn.strip(5).pixels()).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_strip_comes_back_as_this_process_reads_it(server: ServerProcess, strip: bytes) -> None:
    with ArrhythmiaClient(server.address) as client:
        digitized = client.digitize(strip, timeout=120)
    here = read_picture(strip)
    (lead,), (own,) = digitized.reading.leads, here.leads
    assert (digitized.reading.kind, digitized.reading.layout, lead.name) == (Kind.STRIP, "1x1", "II")
    np.testing.assert_array_equal(lead.millivolts, own.millivolts)
    assert digitized.reading.warnings == here.warnings
    assert digitized.reading.calibration is not None
    assert here.calibration is not None
    assert digitized.reading.calibration.speed is here.calibration.speed
    with Image.open(io.BytesIO(digitized.overlay)) as overlay:
        assert overlay.size[0] / overlay.size[1] == pytest.approx(here.size[0] / here.size[1], rel=0.01)


def test_the_asynchronous_client_says_the_same_and_may_leave_the_overlay_out(
    server: ServerProcess, strip: bytes
) -> None:
    async def ask() -> tuple[str, bytes]:
        client = AsyncArrhythmiaClient(server.address)
        digitized = await client.digitize(strip, overlay=False, timeout=120)
        return digitized.reading.leads[0].name, digitized.overlay

    assert asyncio.run(ask()) == ("II", b"")


def test_one_beat_is_said_to_be_one(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address) as client:
        digitized = client.digitize(BEAT.read_bytes(), timeout=120)
    assert (digitized.reading.kind, digitized.reading.leads) == (Kind.BEAT, ())


def test_what_is_no_picture_is_refused_with_its_reason(server: ServerProcess, strip: bytes) -> None:
    with ArrhythmiaClient(server.address) as client:
        with pytest.raises(ImageRefused) as refusal:
            client.digitize(b"no picture", timeout=120)
        assert refusal.value.reason == "IMAGE_UNSUPPORTED_FORMAT"
        with pytest.raises(ImageRefused) as refusal:
            client.digitize(strip[: len(strip) // 2], timeout=120)
        assert refusal.value.reason == "IMAGE_TRUNCATED"


def test_what_a_person_states_goes_with_the_picture(server: ServerProcess, strip: bytes) -> None:
    stated = Corrections(mm_per_second=50.0, region=(60.0, 0.0, 1e4, 1e4), names=((0, 0, "MCL1"),))
    with ArrhythmiaClient(server.address) as client:
        digitized = client.digitize(strip, corrections=stated, timeout=120)
    here = read_picture(strip, corrections=stated)
    assert digitized.reading.calibration is not None
    assert digitized.reading.calibration.speed is Basis.STATED
    assert digitized.reading.warnings == here.warnings
    (lead,), (own,) = digitized.reading.leads, here.leads
    assert lead.name == "MCL1"
    np.testing.assert_array_equal(lead.millivolts, own.millivolts)
    # The place of every tenth sample.
    assert len(lead.trace) == -(-len(lead.millivolts) // 10)
    np.testing.assert_allclose(lead.trace, own.trace[::5], rtol=1e-5)


@pytest.mark.parametrize(
    ("field", "stated"),
    [
        ("corners", pb.PageCorrections(corners=[pb.PixelPoint(x=1, y=1)] * 3)),
        ("corners", pb.PageCorrections(corners=[pb.PixelPoint(x=float("nan"), y=1)] * 4)),
        ("mm_per_second", pb.PageCorrections(mm_per_second=-1)),
        ("pixels_per_mm", pb.PageCorrections(pixels_per_mm=float("inf"))),
        ("layout", pb.PageCorrections(layout="x" * 100_000)),
        ("names", pb.PageCorrections(names=[pb.StatedName(row=2**31, name="II")])),
        ("names", pb.PageCorrections(names=[pb.StatedName(column=n % 4, row=n, name="II") for n in range(2000)])),
        ("region", pb.PageCorrections(region=pb.PixelRegion())),
    ],
)
def test_what_cannot_be_stated_is_refused_with_its_field(
    server: ServerProcess, strip: bytes, field: str, stated: pb.PageCorrections
) -> None:
    request = pb.DigitizeImageRequest(image=strip, corrections=stated)
    with grpc.insecure_channel(server.address) as channel:
        stub = digitization_pb2_grpc.DigitizationServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refusal:
            stub.DigitizeImage(request, timeout=60)
    status = rpc_status.from_call(refusal.value)
    assert status is not None
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(violations)
    assert (info.reason, violations.field_violations[0].field) == ("PAGE_CORRECTIONS_INVALID", f"corrections.{field}")


def test_the_client_refuses_what_cannot_be_stated_before_it_asks() -> None:
    with ArrhythmiaClient("127.0.0.1:9") as client, pytest.raises(CorrectionsError):
        client.digitize(b"", corrections=Corrections(layout="3x5"))


def test_a_pdf_is_read_by_its_lines_and_refused_with_its_reason(server: ServerProcess) -> None:
    values = drawn.lead(5)
    with ArrhythmiaClient(server.address) as client:
        digitized = client.digitize(page([[("V2", values)]], drawn.RATE), timeout=120)
        (lead,) = digitized.reading.leads
        assert (lead.name, digitized.reading.kind, digitized.reading.warnings) == ("V2", Kind.STRIP, ())
        np.testing.assert_allclose(lead.millivolts, values, atol=0.002)
        with Image.open(io.BytesIO(digitized.overlay)) as overlay:
            assert overlay.size[0] > overlay.size[1]
        with pytest.raises(ImageRefused) as refusal:
            client.digitize((DATA / "locked.pdf").read_bytes(), timeout=120)
        assert refusal.value.reason == "PDF_LOCKED"


def test_the_service_is_ready_without_a_model_of_its_own(server: ServerProcess) -> None:
    with grpc.insecure_channel(server.address) as channel:
        request = health_pb2.HealthCheckRequest(service="ecg.v1.DigitizationService")
        status = health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status
    assert status == health_pb2.HealthCheckResponse.SERVING


def test_a_page_whose_names_are_missing_is_looked_at_again_by_the_network(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(drawn.two_rows_and_a_crease(BLUE).pixels()).save(buffer, "PNG")
    names = []
    for repository in (tmp_path / "without", tmp_path / "with"):
        repository.mkdir()
        if repository.name == "with":
            write_page_model(repository)
        with running_server(repository) as process, ArrhythmiaClient(process.address) as client:
            names.append([lead.name for lead in client.digitize(buffer.getvalue(), timeout=120).reading.leads])
    assert names == [["", "I", "II"], ["I", "II"]]
