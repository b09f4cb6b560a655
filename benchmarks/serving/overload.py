"""More callers than the queue has places: how fast the rest is refused, and whether every answer is the right one."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc


@dataclass(slots=True)
class Overload:
    """What happened to the calls; times in seconds, as the callers saw them."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    crossed: int = 0
    """Answers that belong to another picture."""
    unexpected: int = 0
    """Calls that ended in any other way than with an answer or a refusal with a hint."""

    def summary(self) -> dict[str, Any]:
        """The figures for the report."""
        return {
            "answered": len(self.answered),
            "answered_p50": _percentile(self.answered, 50),
            "answered_p99": _percentile(self.answered, 99),
            "refused": len(self.refused),
            "refused_p50": _percentile(self.refused, 50),
            "refused_p99": _percentile(self.refused, 99),
            "crossed": self.crossed,
            "unexpected": self.unexpected,
        }


def _percentile(values: list[float], percent: int) -> float | None:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else None


async def overload(address: str, images: Sequence[bytes], *, callers: int, seconds: float) -> Overload:
    """Call from ``callers`` at once for ``seconds``; who is refused comes back when the server says.

    The callers join one after the other within the first quarter of the time.
    """
    outcomes = Overload()
    async with grpc.aio.insecure_channel(address) as channel:
        stub = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel)
        requests = [pb.ClassifyImageRequest(image=image) for image in images]
        right = [(await stub.ClassifyImage(request, timeout=60)).classification for request in requests]
        end = time.perf_counter() + seconds

        async def keep_calling(number: int) -> None:
            await asyncio.sleep(seconds / 4 * number / callers)
            while (begun := time.perf_counter()) < end:
                number = (number + 1) % len(requests)
                try:
                    answer = await stub.ClassifyImage(requests[number], timeout=60)
                except grpc.aio.AioRpcError as error:
                    taken = time.perf_counter() - begun
                    retry = _hint(error)
                    if retry is None:
                        outcomes.unexpected += 1
                        continue
                    outcomes.refused.append(taken)
                    await asyncio.sleep(retry)
                else:
                    outcomes.answered.append(time.perf_counter() - begun)
                    outcomes.crossed += answer.classification != right[number]

        await asyncio.gather(*(keep_calling(number) for number in range(callers)))
    return outcomes


def _hint(error: grpc.aio.AioRpcError) -> float | None:
    """Seconds after which a refused call may be repeated; None for any other error."""
    status = rpc_status.from_call(error)
    if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED or status is None:
        return None
    for detail in status.details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return float(retry.retry_delay.ToTimedelta().total_seconds())
    return None
