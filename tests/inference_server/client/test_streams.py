"""A call that is refused while its requests are being sent says why it was refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from inference_server.client.streams import responses

Request = AsyncIterator[bytes]

REFUSED = grpc.StatusCode.INVALID_ARGUMENT
LARGE = bytes(200_000)
"""More than a connection takes at once: it is still being sent when the call is refused."""


async def _refuse(_requests: Request, context: grpc.aio.ServicerContext) -> None:
    await context.abort(REFUSED, "too many leads", (("reason", "RECORDING_TOO_MANY_LEADS"),))


async def _refuse_the_second(requests: Request, context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
    yield await anext(requests)
    await context.abort(REFUSED, "too many leads", (("reason", "RECORDING_TOO_MANY_LEADS"),))


async def _echo(requests: Request, _context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
    async for request in requests:
        yield request


async def _address(server: grpc.aio.Server) -> str:
    handlers = {
        "Refuse": grpc.stream_stream_rpc_method_handler(_refuse),
        "RefuseTheSecond": grpc.stream_stream_rpc_method_handler(_refuse_the_second),
        "Echo": grpc.stream_stream_rpc_method_handler(_echo),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("streams.Test", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return f"127.0.0.1:{port}"


async def _requests(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield LARGE


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["Refuse", "RefuseTheSecond"])
async def test_the_server_s_reason_is_told_whatever_was_being_sent(method: str) -> None:
    server = grpc.aio.server()
    async with grpc.aio.insecure_channel(await _address(server)) as channel:
        for _ in range(100):
            call = channel.stream_stream(f"/streams.Test/{method}")(_requests(50), timeout=20)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async for _response in responses(call):
                    pass
            assert (caught.value.code(), caught.value.details()) == (REFUSED, "too many leads")
            assert ("reason", "RECORDING_TOO_MANY_LEADS") in tuple(caught.value.trailing_metadata())
    await server.stop(None)


@pytest.mark.asyncio
async def test_every_answer_arrives_and_cancelling_ends_the_wait() -> None:
    server = grpc.aio.server()
    async with grpc.aio.insecure_channel(await _address(server)) as channel:
        call = channel.stream_stream("/streams.Test/Echo")(_requests(20), timeout=20)
        assert [len(response) async for response in responses(call)] == [len(LARGE)] * 20

        async def never() -> AsyncIterator[bytes]:
            await asyncio.sleep(60)
            yield LARGE

        call = channel.stream_stream("/streams.Test/Echo")(never(), timeout=20)
        waiting = asyncio.ensure_future(anext(responses(call)))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await server.stop(None)
