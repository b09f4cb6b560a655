"""How many recordings are analysed at once, in all and for each caller."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc.aio

from inference_server.runtime.failures import Failure, Status
from inference_server.runtime.shared import SharedCallers


class TooManyRecordings(Failure):
    """As many recordings are being analysed as the server takes, or as it takes of one caller."""

    status = Status.RESOURCE_EXHAUSTED
    reason = "TOO_MANY_RECORDINGS"
    retry_after = 5.0  # nobody knows how long they will take

    def __init__(self, limit: int, whose: str) -> None:
        super().__init__(f"{limit} recordings {whose} are being analysed already, which is the limit.")


class Callers:
    """Whose recordings are being analysed by a front that is alone."""

    def __init__(self) -> None:
        self._places = itertools.count()
        self._taken: dict[int, str] = {}

    @property
    def own(self) -> int:
        """How many there are."""
        return len(self._taken)

    def add(self, caller: str, check: Callable[[int, int], None]) -> int:
        """Count one more, as :meth:`inference_server.runtime.shared.SharedCallers.add` does."""
        check(self.own, list(self._taken.values()).count(caller))
        place = next(self._places)
        self._taken[place] = caller
        return place

    def remove(self, place: int) -> None:
        """One that was counted has ended."""
        del self._taken[place]


class RecordingPlaces:
    """The recordings that are being analysed, of all callers and of each.

    Callers are told apart ``by_token`` where tokens are checked, else by address.
    """

    def __init__(
        self, limit: int, caller_limit: int, *, by_token: bool, callers: Callers | SharedCallers | None = None
    ) -> None:
        self._by_token = by_token
        self._limit = limit
        self._caller_limit = caller_limit
        self._callers = callers or Callers()

    @property
    def taken(self) -> int:
        """How many are being analysed by this process."""
        return self._callers.own

    @contextmanager
    def one(self, context: grpc.aio.ServicerContext) -> Iterator[None]:
        """Analyse one for whoever calls during the block.

        Raises:
            TooManyRecordings: there are as many as there may be.
        """
        place = self._callers.add(self._caller(context), self._check)
        try:
            yield
        finally:
            self._callers.remove(place)

    def _check(self, taken: int, taken_by_caller: int) -> None:
        if taken >= self._limit:
            raise TooManyRecordings(self._limit, "in all")
        if taken_by_caller >= self._caller_limit:
            raise TooManyRecordings(self._caller_limit, "of yours")

    def _caller(self, context: grpc.aio.ServicerContext) -> str:
        if self._by_token:
            return next((str(value) for key, value in context.invocation_metadata() if key == "authorization"), "")
        return str(context.peer()).rpartition(":")[0]  # without its port
