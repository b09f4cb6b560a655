"""What reflection shows: the default descriptor pool, and the Open Inference Protocol's, which has one of its own."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pool

from inference_server.generated.inference import open_inference_pb2

_POOLS: Final = (open_inference_pb2.DESCRIPTOR.pool, descriptor_pool.Default())


class DescriptorPools:
    """As much of a descriptor pool as reflection asks for; the first pool that knows a name answers."""

    def FindFileByName(self, name: str) -> Any:  # noqa: N802 - named by protobuf
        """The file of that name.

        Raises:
            KeyError: no pool has it.
        """
        return self._first("FindFileByName", name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802
        """The file that defines ``symbol``.

        Raises:
            KeyError: no pool has it.
        """
        return self._first("FindFileContainingSymbol", symbol)

    def FindMessageTypeByName(self, name: str) -> Any:  # noqa: N802
        """The message of that full name.

        Raises:
            KeyError: no pool has it.
        """
        return self._first("FindMessageTypeByName", name)

    def FindExtensionByNumber(self, message: Any, number: int) -> Any:  # noqa: N802
        """The extension of ``message`` with that number.

        Raises:
            KeyError: there is none.
        """
        return message.file.pool.FindExtensionByNumber(message, number)

    def FindAllExtensions(self, message: Any) -> Any:  # noqa: N802
        """The extensions of ``message``."""
        return message.file.pool.FindAllExtensions(message)

    def _first(self, find: str, name: str) -> Any:
        for pool in _POOLS:
            try:
                return getattr(pool, find)(name)
            except KeyError:
                continue
        raise KeyError(name)
