"""The bounds of an attack are bounds: a server that lacks one breaks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.serving.attack import Assault, assail
from benchmarks.serving.http2 import Connection, call_headers, frame, literal
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model


def test_a_server_without_a_bound_on_calls_does_not_stand_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path)
    monkeypatch.setenv("BEATLENS_MAX_CONNECTION_CALLS", "100000")
    figures = assail(Assault("rapid-reset-of-probes"), tmp_path, picture(), seconds=3, connections=2)
    assert figures["slowest health check, s"] > 1
    assert not figures["good"]


def test_frames_are_those_of_the_standard() -> None:
    assert frame(6, 1, 0, b"12345678") == b"\0\0\x08\x06\x01\0\0\0\0" + b"12345678"
    assert frame(1, 4, 2**31 - 1) == b"\0\0\0\x01\x04\x7f\xff\xff\xff"
    assert literal("a", "b" * 127) == b"\0\x01a\x7f\0" + b"b" * 127
    assert literal("a", "b" * 16_000)[:6] == b"\0\x01a\x7f\x81\x7c"
    assert literal(":path", "/").startswith(b"\0\x05:path\x01/")
    assert literal("x-more", "y") in call_headers("/p", x_more="y")
    assert Connection.__doc__
