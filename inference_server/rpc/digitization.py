"""``ecg.v1.DigitizationService``: strips and pages, read by the workers of recordings."""

from __future__ import annotations

from typing import Final

import grpc.aio

from ecg.pictures.pages.corrections import CorrectionsError
from inference_server.classification.corrections_messages import from_corrections
from inference_server.generated.ecg.v1 import digitization_pb2 as pb
from inference_server.generated.ecg.v1 import digitization_pb2_grpc
from inference_server.rpc import errors
from inference_server.rpc.metrics import Metrics
from inference_server.rpc.recording_workers import RecordingWorkers
from inference_server.workers import page_tasks
from inference_server.workers.pool import Job
from inference_server.workers.wire import Kind

INVALID: Final = "PAGE_CORRECTIONS_INVALID"
"""The reason why what is stated of a page is refused."""

SERVICE: Final = pb.DESCRIPTOR.services_by_name["DigitizationService"].full_name


class DigitizationServicer(digitization_pb2_grpc.DigitizationServiceServicer):
    """Hands pictures to the workers of recordings, which are started with the first one."""

    def __init__(self, workers: RecordingWorkers, metrics: Metrics) -> None:
        self._workers = workers
        self._metrics = metrics

    async def DigitizeImage(  # noqa: N802 - named by the protocol
        self, request: pb.DigitizeImageRequest, context: grpc.aio.ServicerContext
    ) -> bytes:
        """Read one picture; a serialised ``DigitizeImageResponse``."""
        try:
            job = Job(Kind.DIGITIZE, None, _body(request))
            del request  # it holds the picture a second time
            await self._workers.begin()
            return await self._workers.scheduler.run(job, timeout=context.time_remaining())
        except Exception as error:
            self._metrics.refused(errors.reason_of(error))
            raise


def _body(request: pb.DigitizeImageRequest) -> bytes:
    try:
        corrections = from_corrections(request.corrections)
    except CorrectionsError as error:
        raise errors.RequestError(INVALID, str(error), field=f"corrections.{error.field}") from error
    return page_tasks.to_body(request.image, corrections, with_overlay=not request.without_overlay)
