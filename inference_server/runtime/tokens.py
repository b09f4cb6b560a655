"""Bearer tokens: named, with scopes and a rate, hashed at rest, in one small file that running servers follow.

A token is 256 random bits, so its plain SHA-256 can't be turned around or guessed, and no slow hash is needed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import math
import os
import secrets
import threading
import time
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, ValidationError

from inference_server.runtime.failures import Failure, Status
from inference_server.runtime.shared import SharedBuckets, take

#: Tells our tokens from other secrets in logs and scanners.
_PREFIX: Final = "beatlens_"

#: The file is looked at again at most this often, seconds: a revoked token works no longer than that.
_LOOK_SECONDS: Final = 1.0

#: How long a change waits for another one to end, seconds.
_CHANGE_SECONDS: Final = 5.0


class Scope(StrEnum):
    """What a token allows."""

    CLASSIFY = "classify"
    """Classify pictures and read about models."""
    MODELS_WRITE = "models:write"
    """Load and unload model versions."""


class TokenFileError(Exception):
    """The token file can't be read; ``str(error)`` says why."""


class NotAuthenticated(Failure):
    """The call has no token, or a stranger's."""

    status = Status.UNAUTHENTICATED
    reason = "TOKEN_REFUSED"


class NotAllowed(Failure):
    """The token does not allow this call."""

    status = Status.PERMISSION_DENIED
    reason = "SCOPE_MISSING"


class RateExceeded(Failure):
    """The token has called too often; it may again after ``retry_after`` seconds."""

    status = Status.RESOURCE_EXHAUSTED
    reason = "RATE_EXCEEDED"
    retry_after: float

    def __init__(self, retry_after: float) -> None:
        super().__init__("This token has made too many calls.")
        self.retry_after = retry_after


class Token(BaseModel):
    """One token as it is stored: everything but the token itself."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: list[Scope] = Field(min_length=1)
    calls_per_second: float | None = Field(default=None, gt=0)
    """Calls allowed each second, on average over a second's worth; None: no limit."""
    created: datetime


class _File(BaseModel):
    tokens: list[Token] = []


class Buckets:
    """The buckets of tokens, each holding one second's worth of calls, and at least one."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float, float]] = {}  # rate, level, and when it was filled

    def wait(self, token: str, rate: float, now: float) -> float:
        """Take one call, as :meth:`inference_server.runtime.shared.SharedBuckets.wait` does."""
        known_rate, level, filled = self._buckets.get(token, (rate, math.inf, now))
        if known_rate != rate:
            level = math.inf
        level, wait = take(level, now - filled, rate)
        self._buckets[token] = rate, level, now
        return wait

    def keep(self, tokens: Container[str]) -> None:
        """Forget all others."""
        self._buckets = {token: bucket for token, bucket in self._buckets.items() if token in tokens}


class TokenStore:
    """The tokens in a file. Thread-safe. A file that does not exist holds none.

    ``buckets`` says how often each may call; those of this store unless others count, too.
    """

    def __init__(self, path: Path, buckets: SharedBuckets | None = None) -> None:
        self._path = path
        self._own_buckets = Buckets()
        self._buckets = buckets or self._own_buckets
        self._lock = threading.Lock()
        self._by_hash: dict[str, Token] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._looked = -_LOOK_SECONDS

    def tokens(self) -> list[Token]:
        """All tokens.

        Raises:
            TokenFileError: the file can't be read.
        """
        try:
            return _File.model_validate_json(self._path.read_bytes()).tokens
        except FileNotFoundError:
            return []
        except OSError as error:
            raise TokenFileError(f"{self._path} can't be read: {error.strerror}.") from error
        except ValidationError as error:
            raise TokenFileError(f"{self._path} is not a token file.") from error

    def create(self, name: str, scopes: list[Scope], calls_per_second: float | None = None) -> str:
        """Make a token; returns it, the only time that it is seen.

        Raises:
            TokenFileError: the file can't be read or written, or the name is in use.
            ValidationError: the name or the rate is impossible.
        """
        secret = _PREFIX + secrets.token_urlsafe(32)
        token = Token(
            name=name,
            sha256=_hash(secret),
            scopes=scopes,
            calls_per_second=calls_per_second,
            created=datetime.now(UTC),
        )
        with self._changing():
            tokens = self.tokens()
            if any(token.name == name for token in tokens):
                raise TokenFileError(f"There is a token named {name!r} already.")
            self._write([*tokens, token])
        return secret

    def revoke(self, name: str) -> None:
        """Take a token away; running servers follow within a second.

        Raises:
            TokenFileError: the file can't be read or written, or there is no such token.
        """
        with self._changing():
            tokens = self.tokens()
            rest = [token for token in tokens if token.name != name]
            if len(rest) == len(tokens):
                raise TokenFileError(f"There is no token named {name!r}.")
            self._write(rest)

    def find(self, secret: str) -> Token | None:
        """The token that ``secret`` is; None for a stranger's."""
        with self._lock:
            self._follow()
            return self._by_hash.get(_hash(secret))

    def wait(self, token: Token) -> float:
        """Count one call of ``token``; 0, or after how many seconds it may call again."""
        if token.calls_per_second is None:
            return 0.0
        with self._lock:
            return self._buckets.wait(token.sha256, token.calls_per_second, time.monotonic())

    def _follow(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            stamp = None
        if stamp is None or stamp != self._stamp:
            # A file that has become unreadable lets nobody in: the error goes to the caller as an internal one.
            self._by_hash = {}
            self._stamp = None
            self._by_hash = {token.sha256: token for token in self.tokens()}
            self._own_buckets.keep(self._by_hash)
            self._stamp = stamp

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone with the file: the command line and the portal may change it at the same time."""
        try:
            lock = os.open(self._path.with_name(f".{self._path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            end = time.monotonic() + _CHANGE_SECONDS
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise TokenFileError(f"{self._path} is being changed by somebody else.") from None
                    time.sleep(0.02)
            yield
        finally:
            os.close(lock)

    def _write(self, tokens: list[Token]) -> None:
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            fresh.touch(mode=0o600)
            fresh.write_text(_File(tokens=tokens).model_dump_json(indent=2) + "\n")
            fresh.replace(self._path)  # at once: no server ever reads half of it
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> TokenFileError:
        return TokenFileError(f"{self._path} can't be written: {error.strerror}.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
